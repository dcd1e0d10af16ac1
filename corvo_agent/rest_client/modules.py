"""Module objects behind a gateway."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import Any

from ..backoff import Backoff
from ..diagnostics.client.peer_kind import PeerKind
from ..errors import CorvoError, DeadlineExceeded, InvalidArgument, RemoteError, Unavailable, VersionConflict
from ..modules.access import EVERY_MODULE, ModuleEvent, Selector
from ..modules.compare_and_swap import ATTEMPTS, compare_and_swap
from ..modules.controls.codec import control_to_dict
from ..modules.controls.control import Control
from ..modules.history.entry import entry_from_dict
from ..modules.history.value import History
from ..modules.json.codec import module_from_dict, module_to_dict
from ..modules.json.merge_patch import difference
from ..modules.kv import ChangeType
from ..modules.model import Module, ObjectMeta
from ..modules.module_level import ModuleLevel, take_beside
from ..modules.store import ModuleList
from .address import segment
from .transport import NoWebSocket, Transport

_log = logging.getLogger(__name__)
_MODULES = "/modules"
_WATCH = "/watch/modules"
#: Makes the gateway ask etcd: a change has to start from what is stored, not from what is remembered.
_READ_THROUGH = {"consistent": "true"}


class RestModules:
    """``ModuleAccess`` through the gateway behind ``transport``, which its owner enters and leaves.

    Reads come from the gateway's memory; what this client wrote is in them. Every call raises what ``Transport.call``
    raises, besides what ``ModuleAccess`` names for it.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, name: str) -> Module:
        """The Module ``name``; as the gateway knows it, which may be a moment old."""
        return self._module(await self._transport.call("GET", _path(name), name=name))

    async def list(self, selector: Selector = EVERY_MODULE) -> ModuleList:
        """Those that ``selector`` lets through; what the gateway cannot read it leaves out itself."""
        return ModuleList(tuple(map(self._module, await self._items(selector))), 0)

    async def names(self, prefix: str, limit: int) -> Sequence[str]:
        """Names that begin with ``prefix``."""
        names = [str(item.get("meta", {}).get("name", "")) for item in await self._items(EVERY_MODULE)]
        return [name for name in names if name.startswith(prefix)][: limit or None]

    async def create(self, module: Module) -> Module:
        """Store a new Module."""
        body = module_to_dict(module)
        return self._module(await self._transport.call("POST", _MODULES, body=body, name=module.name))

    async def modify(self, name: str, change: Callable[[Module], Module], *, attempts: int = ATTEMPTS) -> Module:
        """Read, change, and patch what differs; again when another client has written in between."""

        async def read() -> Module:
            return self._module(await self._transport.call("GET", _path(name), query=_READ_THROUGH, name=name))

        async def write(old: Module) -> Module:
            patch = difference(module_to_dict(old), module_to_dict(change(old)))
            if not patch:
                return old
            # Makes it a compare-and-swap: the gateway refuses the patch when the object has changed since.
            patch.setdefault("meta", {})["resource-version"] = old.meta.resource_version
            try:
                return self._module(await self._transport.call("PATCH", _path(name), body=patch, name=name))
            except VersionConflict:
                # A gateway does not say which version it expected.
                raise VersionConflict(f"module {name}", old.revision) from None

        return await compare_and_swap(read, write, attempts=attempts)

    async def level(self, name: str) -> ModuleLevel:
        """The Module and what lies beside it, as etcd has them."""
        return self._level(await self._transport.call("GET", _path(name), query=_READ_THROUGH, name=name))

    async def levels(self, selector: Selector = EVERY_MODULE) -> Sequence[ModuleLevel]:
        """Those that ``selector`` lets through, as the gateway knows them."""
        return [self._level(item) for item in await self._items(selector)]

    async def peer_kind(self, name: str) -> PeerKind:
        """Who answers for the Module ``name``, where no agent has announced itself, as the gateway finds out."""
        found = await self._transport.call("GET", f"{_path(name)}/level", name=name)
        try:
            return PeerKind(found.get("peer", PeerKind.CORVO.value))
        except ValueError:
            return PeerKind.NONE

    async def history(self, name: str) -> History:
        """What the gateway reads of it in the store."""
        found = await self._transport.call("GET", f"{_path(name)}/history", name=name)
        try:
            return tuple(entry_from_dict(item) for item in found.get("items") or [])
        except InvalidArgument as error:
            raise RemoteError(self._transport.url, "DATA_LOSS", f"a malformed history: {error}") from error

    async def set_control(self, name: str, control: Control, lasts: int) -> None:
        """Have the gateway put it beside the Module."""
        parts = {key: item for key, item in control_to_dict(control).items() if key != "until"}
        if control.id:
            parts["id"] = control.id
        ends = {"for": f"{lasts / 1e9:.9f}s"} if lasts else {"keep": True}
        if not lasts and not control.logger:
            raise InvalidArgument("control", control.level, "a level of the whole process without an end is log-level")
        await self._transport.call("PUT", f"{_path(name)}/level", body={**parts, **ends}, name=name)

    async def clear_control(self, name: str, logger: str = "", id: str = "") -> None:
        """Have the gateway take it away."""
        body = {"level": None, "logger": logger, **({"id": id} if id else {})}
        await self._transport.call("PUT", f"{_path(name)}/level", body=body, name=name)

    async def delete(self, name: str) -> Module:
        """Delete the Module."""
        return self._module(await self._transport.call("DELETE", _path(name), name=name))

    async def watch(self, selector: Selector = EVERY_MODULE) -> AsyncGenerator[ModuleEvent, None]:
        """Every change; a gateway that is lost is called again, and what happened meanwhile is told then."""
        backoff = Backoff(initial=0.2)
        known = _Known()
        connected = False
        while True:
            try:
                async with aclosing(self._session(selector, known, again=connected)) as events:
                    async for event in events:
                        connected = True
                        backoff.reset()
                        yield event
            except (Unavailable, DeadlineExceeded) as error:
                # A first try that fails is more likely a wrong address than a gateway that restarts.
                if not connected:
                    raise
                _log.warning("the watch of modules was interrupted and goes on: %s", error)
            await asyncio.sleep(backoff.next())

    async def _session(self, selector: Selector, known: _Known, *, again: bool) -> AsyncGenerator[ModuleEvent, None]:
        try:
            async with self._transport.messages(_WATCH, _query(selector)) as messages, aclosing(messages):
                if again:
                    # Only now: what is deleted from here on, the stream will tell. One that is there and fits no
                    # longer was not deleted: nothing is told of it, as if the stream had never been interrupted.
                    there = {self._module(item).name for item in await self._items(Selector(selector.name))}
                    for event in known.missing(there):
                        yield event
                async for message in messages:
                    for event in map(self._event, message.get("events") or ()):
                        if (told := known.told(event)) is not None:
                            yield told
        except NoWebSocket as error:
            # Why a WebSocket is refused is in no place where a client could read it: a list is refused alike.
            await self._items(selector)
            raise Unavailable(self._transport.url, str(error)) from error

    async def _items(self, selector: Selector) -> Sequence[dict[str, Any]]:
        answer = await self._transport.call("GET", _MODULES, query=_query(selector))
        return answer.get("items") or []

    def _event(self, event: dict[str, Any]) -> ModuleEvent:
        value = event.get("object") or {}
        try:
            type = ChangeType(event.get("type"))
        except ValueError:
            raise RemoteError(self._transport.url, "DATA_LOSS", f"an event of type {event.get('type')}") from None
        try:
            return ModuleEvent(type, self._module(value))
        except CorvoError as error:
            meta = value.get("meta") or {}
            named = Module(ObjectMeta(name=str(meta.get("name")), resource_version=str(meta.get("resource-version"))))
            return ModuleEvent(type, named, error)

    def _module(self, value: dict[str, Any]) -> Module:
        return self._level(value).module

    def _level(self, value: dict[str, Any]) -> ModuleLevel:
        own = dict(value)
        try:
            controls, applied = take_beside(own)
            return ModuleLevel(module_from_dict(own), controls, applied)
        except InvalidArgument as error:
            raise RemoteError(self._transport.url, "DATA_LOSS", f"a malformed Module: {error}") from error


class _Known:
    """What a watcher was told, so that a new stream, which begins with everything, tells nothing twice."""

    def __init__(self) -> None:
        self._modules: dict[str, Module] = {}

    def told(self, event: ModuleEvent) -> ModuleEvent | None:
        """``event`` as the watcher has to see it, None when it knows that already."""
        module = event.module
        before = self._modules.get(module.name)
        if event.type is ChangeType.DELETED:
            return event if self._modules.pop(module.name, None) is not None else None
        self._modules[module.name] = module
        if before is None:
            return event
        # Told already: a new stream begins with everything that exists.
        if module.revision <= before.revision:
            self._modules[module.name] = before
            return None
        return ModuleEvent(ChangeType.UPDATED, module, event.error)

    def missing(self, there: set[str]) -> Iterator[ModuleEvent]:
        """The deletions of those that are no longer there."""
        for name in self._modules.keys() - there:
            yield ModuleEvent(ChangeType.DELETED, self._modules.pop(name))


def _path(name: str) -> str:
    return f"{_MODULES}/{segment(name)}"


def _query(selector: Selector) -> dict[str, str]:
    asked = {"O.name": selector.name, "label-selector": selector.labels, "field-selector": selector.fields}
    return {key: value for key, value in asked.items() if value}
