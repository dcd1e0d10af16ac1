"""systemd over D-Bus: its units, their properties and its signals. The one place that knows dbus-fast.

D-Bus and not ``systemctl``: it tells of changes when they happen, reasons of ends included that a look a second later
does not find any more, and typed values instead of a program for each look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusFastError, InvalidAddressError

from ..errors import (
    ConfigError,
    CorvoError,
    DeadlineExceeded,
    PermissionRefused,
    RemoteError,
    Unavailable,
    system_reason,
)

_SYSTEMD = "org.freedesktop.systemd1"
_MANAGER = f"{_SYSTEMD}.Manager"
_UNIT = f"{_SYSTEMD}.Unit"
_SERVICE = f"{_SYSTEMD}.Service"
_ROOT = "/org/freedesktop/systemd1"
_BUS = "org.freedesktop.DBus"
_PROPERTIES = f"{_BUS}.Properties"
#: The properties that matter, by the interface that has them.
_WANTED = {
    _UNIT: ("ActiveEnterTimestamp",),
    _SERVICE: ("NRestarts", "ExecMainCode", "ExecMainStatus", "Result"),
}
_TOLD = {*_WANTED[_UNIT], *_WANTED[_SERVICE], "SubState"}
_RULES = (
    f"type='signal',sender='{_SYSTEMD}',path='{_ROOT}',interface='{_MANAGER}'",
    *(
        f"type='signal',sender='{_SYSTEMD}',path_namespace='{_ROOT}/unit',"
        f"interface='{_PROPERTIES}',member='PropertiesChanged',arg0='{interface}'"
        for interface in _WANTED
    ),
    f"type='signal',sender='{_BUS}',interface='{_BUS}',member='NameOwnerChanged',arg0='{_SYSTEMD}'",
)
#: Seconds for one answer.
_PATIENCE = 10.0
_CLOSE_PATIENCE = 1.0
#: Properties asked for at once. The bus bounds how many answers may be owed to one connection, and dbus-fast takes a
#: socket that is full for one that is lost.
_AT_ONCE = 32
_REFUSED = (f"{_BUS}.Error.AccessDenied", f"{_BUS}.Error.InteractiveAuthorizationRequired")
_AWAY = (f"{_BUS}.Error.ServiceUnknown", f"{_BUS}.Error.NameHasNoOwner", f"{_BUS}.Error.NoReply")


@dataclass(frozen=True, slots=True)
class UnitChanged:
    """Properties of the unit at ``path`` are now ``facts``."""

    path: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UnitsChanged:
    """The unit ``name`` came or went; "" when that may be true of any."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class ListedUnit:
    """A unit that systemd has loaded."""

    name: str
    load_state: str
    active_state: str
    path: str


class SystemdBus:
    """A connection to systemd at the bus ``address``, the system's bus unless given; an async context manager.

    ``heard`` is called with each signal, on the loop. Every call raises Unavailable, DeadlineExceeded,
    PermissionRefused or RemoteError; entering also ConfigError for a malformed address.
    """

    def __init__(self, address: str, heard: Callable[[UnitChanged | UnitsChanged], None]) -> None:
        self._address = address
        self._heard = heard
        self._peer = f"systemd at {address or 'the system bus'}"
        self._bus: MessageBus
        #: Done when the connection is lost.
        self.lost: asyncio.Future[None]

    async def __aenter__(self) -> Self:
        try:
            self._bus = MessageBus(self._address or None, BusType.SYSTEM)
            async with asyncio.timeout(_PATIENCE):
                await self._bus.connect()
        except InvalidAddressError as error:
            raise ConfigError("bus", self._address, str(error)) from error
        except TimeoutError:
            raise DeadlineExceeded(self._peer, _PATIENCE) from None
        except AuthError as error:
            raise PermissionRefused(self._peer, str(error)) from error
        except (OSError, EOFError, DBusFastError) as error:
            raise Unavailable(self._peer, system_reason(error)) from error
        self.lost = asyncio.ensure_future(self._wait_lost())
        self._bus.add_message_handler(self._receive)
        try:
            for rule in _RULES:
                await self._call(_BUS, "/org/freedesktop/DBus", _BUS, "AddMatch", "s", rule)
            await self._manager("Subscribe")
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def list_units(self, patterns: Iterable[str]) -> list[ListedUnit]:
        """What systemd has loaded and ``patterns`` match."""
        rows = await self._manager("ListUnitsByPatterns", "asas", [], list(patterns))
        return [ListedUnit(row[0], row[2], row[3], row[6]) for row in rows]

    async def list_unit_files(self, patterns: Iterable[str]) -> list[tuple[str, str]]:
        """Name and state of the unit files that ``patterns`` match, loaded or not."""
        rows = await self._manager("ListUnitFilesByPatterns", "asas", [], list(patterns))
        return [(path.rpartition("/")[2], state) for path, state in rows]

    async def facts(self, paths: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The properties of each unit that is still there."""
        places = asyncio.Semaphore(_AT_ONCE)
        found = {path: dict[str, Any]() for path in paths}

        async def fetch(path: str, interface: str, name: str) -> None:
            async with places:
                try:
                    reply = await self._call(_SYSTEMD, path, _PROPERTIES, "Get", "ss", interface, name)
                except RemoteError:
                    # A unit that went while it was asked, or a property that this systemd does not have.
                    return
            found[path][name] = reply.value

        try:
            async with asyncio.TaskGroup() as tasks:
                for path in found:
                    for interface, names in _WANTED.items():
                        for name in names:
                            tasks.create_task(fetch(path, interface, name))
        except ExceptionGroup as group:
            # They fail for the same reason: one of them says it.
            raise group.exceptions[0] from group
        return found

    async def _manager(self, method: str, signature: str = "", *body: Any) -> Any:
        return await self._call(_SYSTEMD, _ROOT, _MANAGER, method, signature, *body)

    async def _call(self, name: str, path: str, interface: str, method: str, signature: str, *body: Any) -> Any:
        message = Message(name, path, interface, method, signature=signature, body=list(body))
        try:
            async with asyncio.timeout(_PATIENCE):
                reply = await self._bus.call(message)
        except TimeoutError:
            raise DeadlineExceeded(self._peer, _PATIENCE) from None
        except (OSError, EOFError, DBusFastError) as error:
            raise Unavailable(self._peer, system_reason(error)) from error
        if reply is None:
            raise Unavailable(self._peer, "the connection is lost")
        if reply.message_type is MessageType.ERROR:
            raise self._refusal(method, reply)
        return reply.body[0] if reply.body else None

    def _refusal(self, method: str, reply: Message) -> CorvoError:
        text = str(reply.body[0]) if reply.body else ""
        code = str(reply.error_name)
        if code in _REFUSED:
            return PermissionRefused(f"{method} of {self._peer}", text)
        if code in _AWAY:
            return Unavailable(self._peer, text)
        return RemoteError(self._peer, code, text)

    def _receive(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "PropertiesChanged" and message.interface == _PROPERTIES:
            facts = {name: value.value for name, value in message.body[1].items() if name in _TOLD}
            if facts and message.path:
                self._heard(UnitChanged(message.path, facts))
        elif message.member in ("UnitNew", "UnitRemoved"):
            self._heard(UnitsChanged(message.body[0]))
        elif message.member in ("UnitFilesChanged", "Reloading"):
            self._heard(UnitsChanged())
        elif message.member == "NameOwnerChanged" and message.interface == _BUS:
            # A restarted systemd has forgotten its subscribers: only a new connection subscribes again.
            self._bus.disconnect()

    async def _wait_lost(self) -> None:
        try:
            # It has no types.
            await cast(Any, self._bus).wait_for_disconnect()
        except (OSError, EOFError, DBusFastError) as error:
            raise Unavailable(self._peer, str(error) or "the connection is lost") from error
        raise Unavailable(self._peer, "the connection is lost")

    async def _close(self) -> None:
        # The socket is closed by what reads it, when it sees the end.
        self._bus.disconnect()
        await asyncio.wait({self.lost}, timeout=_CLOSE_PATIENCE)
        if not self.lost.cancel():
            self.lost.exception()
