"""A service that answers and signals as systemd does on the bus, with units that the test makes.

It owns the name org.freedesktop.systemd1 at a real dbus-daemon (in the world environment), or stands for the bus too:
then it answers whoever connects to its socket, after the handshake of the D-Bus specification.
"""

from __future__ import annotations

import asyncio
import fnmatch
import io
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import ErrorType, Message, MessageFlag, MessageType, Variant
from dbus_fast._private.unmarshaller import Unmarshaller
from dbus_fast.aio import MessageBus

from tests.world.machine import needs

#: How the program under test reaches the service.
TRANSPORTS = ("direct", pytest.param("dbus-daemon", marks=needs("dbus-daemon")))

SYSTEMD = "org.freedesktop.systemd1"
ROOT = "/org/freedesktop/systemd1"
UNIT, SERVICE, MANAGER = f"{SYSTEMD}.Unit", f"{SYSTEMD}.Service", f"{SYSTEMD}.Manager"
PROPERTIES = "org.freedesktop.DBus.Properties"

_CONFIG = """<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow send_type="*"/>
<allow receive_type="*"/></policy></busconfig>"""


@dataclass(slots=True)
class FakeUnit:
    """A unit as systemd keeps it. ``loaded`` False leaves its file alone."""

    name: str
    loaded: bool = True
    file_state: str = "enabled"
    load_state: str = "loaded"
    active_state: str = "active"
    unit: dict[str, tuple[str, Any]] = field(
        default_factory=lambda: {"ActiveEnterTimestamp": ("t", 1_700_000_000_000_000), "SubState": ("s", "running")}
    )
    service: dict[str, tuple[str, Any]] = field(
        default_factory=lambda: {
            "NRestarts": ("u", 0),
            "Result": ("s", "success"),
            "ExecMainCode": ("i", 0),
            "ExecMainStatus": ("i", 0),
        }
    )

    @property
    def path(self) -> str:
        escaped = "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):02x}" for c in self.name)
        return f"{ROOT}/unit/{escaped}"

    def set(self, interface: str, values: dict[str, Any]) -> dict[str, Variant]:
        """Change properties; what is to be signalled."""
        store = self.unit if interface == UNIT else self.service
        for name, value in values.items():
            store[name] = (store[name][0], value)
        return {name: Variant(*store[name]) for name in store}


class SystemdService:
    """Units, and how to change them while somebody listens."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.units: dict[str, FakeUnit] = {}
        #: Methods that are answered with an error of this name.
        self.refuse: dict[str, str] = {}
        self.subscribed = asyncio.Event()
        self._out: Any = None

    async def add(self, name: str, **state: Any) -> FakeUnit:
        """A new unit, and word of it."""
        unit = self.units[name] = FakeUnit(name, **state)
        await self.signal(ROOT, MANAGER, "UnitNew", "so", name, unit.path)
        return unit

    async def remove(self, name: str) -> None:
        unit = self.units.pop(name)
        await self.signal(ROOT, MANAGER, "UnitRemoved", "so", name, unit.path)

    async def change(self, name: str, *, service: dict[str, Any] | None = None, **unit: Any) -> None:
        """Change properties and tell of them as systemd does: those of the service first, then those of the unit."""
        found = self.units[name]
        for interface, values in ((SERVICE, service or {}), (UNIT, unit)):
            changed = found.set(interface, values)
            await self.signal(found.path, PROPERTIES, "PropertiesChanged", "sa{sv}as", interface, changed, [])

    async def crash(self, name: str, **service: Any) -> None:
        """The process ends, and is started again: two rounds of signals."""
        unit = self.units[name]
        count, started = unit.service["NRestarts"][1], unit.unit["ActiveEnterTimestamp"][1]
        await self.change(name, service=service, SubState="auto-restart")
        again = {"NRestarts": count + 1, "Result": "success", "ExecMainCode": 0, "ExecMainStatus": 0}
        await self.change(name, service=again, SubState="running", ActiveEnterTimestamp=started + 1_000_000)

    async def signal(self, path: str, interface: str, member: str, signature: str = "", *body: Any) -> None:
        await self.send(Message.new_signal(path, interface, member, signature, list(body)))

    async def send(self, message: Message) -> None:
        if self._out is not None:
            await self._out(message)

    def answer(self, message: Message) -> Message | None:
        """What systemd answers."""
        member = str(message.member)
        if member in self.refuse:
            return Message.new_error(message, self.refuse[member], "as the test wants")
        if message.interface == PROPERTIES and member == "Get":
            return self._get(message)
        if message.interface != MANAGER:
            return None
        if member == "Subscribe":
            self.subscribed.set()
            return Message.new_method_return(message)
        if member == "ListUnitsByPatterns":
            rows = [
                [unit.name, "", unit.load_state, unit.active_state, "", "", unit.path, 0, "", "/"]
                for unit in self._matching(message.body[1])
                if unit.loaded
            ]
            return Message.new_method_return(message, "a(ssssssouso)", [rows])
        if member == "ListUnitFilesByPatterns":
            files = [
                [f"/lib/systemd/system/{unit.name}", unit.file_state]
                for unit in self._matching(message.body[1])
                if unit.file_state
            ]
            return Message.new_method_return(message, "a(ss)", [files])
        return None

    def _get(self, message: Message) -> Message:
        interface, name = message.body
        for unit in self.units.values():
            found = (unit.unit if interface == UNIT else unit.service).get(name)
            if unit.path == message.path and unit.loaded and found is not None:
                return Message.new_method_return(message, "v", [Variant(*found)])
        return Message.new_error(message, f"{SYSTEMD}.NoSuchUnit", "no such unit")

    def _matching(self, patterns: Iterable[str]) -> list[FakeUnit]:
        return [unit for unit in self.units.values() if any(fnmatch.fnmatchcase(unit.name, p) for p in patterns)]


@asynccontextmanager
async def systemd_service(transport: str, folder: Path) -> AsyncIterator[SystemdService]:
    """The service, reachable at its ``address``."""
    socket = folder / "bus"
    service = SystemdService(f"unix:path={socket}")
    async with AsyncExitStack() as stack:
        if transport == "direct":
            await stack.enter_async_context(_direct(service, socket))
        else:
            await stack.enter_async_context(dbus_daemon(socket))
            await stack.enter_async_context(on_the_bus(service))
        yield service


@asynccontextmanager
async def dbus_daemon(socket: Path) -> AsyncIterator[None]:
    """A bus of the test's own."""
    config = socket.with_suffix(".conf")
    config.write_text(_CONFIG.format(socket=socket))
    command = ("dbus-daemon", f"--config-file={config}", "--nofork", "--print-address")
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert process.stdout is not None
    try:
        assert await process.stdout.readline()  # it prints its address when it listens
        yield
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@asynccontextmanager
async def on_the_bus(service: SystemdService) -> AsyncIterator[MessageBus]:
    """The service owns systemd's name at the bus at its address."""
    bus = await MessageBus(service.address).connect()
    bus.add_message_handler(lambda message: service.answer(message) if _is_call(message) else None)
    await bus.request_name(SYSTEMD)
    service._out = bus.send
    try:
        yield bus
    finally:
        service._out = None
        bus.disconnect()
        with suppress(OSError, EOFError):
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def _direct(service: SystemdService, socket: Path) -> AsyncIterator[None]:
    writers: set[asyncio.StreamWriter] = set()

    async def send(message: Message) -> None:
        message.sender = SYSTEMD
        for writer in writers:
            message.serial = 1
            writer.write(message._marshall(False))
            await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _handshake(reader, writer)
            writers.add(writer)
            while True:
                await _converse(service, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writers.discard(writer)
            writer.close()

    server = await asyncio.start_unix_server(serve, socket)
    service._out = send
    try:
        yield
    finally:
        server.close()
        for writer in list(writers):
            writer.close()


async def _handshake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert await reader.readexactly(1) == b"\0"
    while (line := await reader.readuntil(b"\r\n")) != b"BEGIN\r\n":
        writer.write(b"OK 0123456789abcdef0123456789abcdef\r\n" if line.startswith(b"AUTH") else b"ERROR\r\n")


async def _converse(service: SystemdService, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    message = await _read(reader)
    if not _is_call(message):
        return
    if message.destination == "org.freedesktop.DBus":
        reply = Message.new_method_return(message, "s", [":1.1"]) if message.member == "Hello" else None
        reply = reply or Message.new_method_return(message)
    else:
        reply = service.answer(message) or Message.new_error(message, ErrorType.UNKNOWN_METHOD, "unknown")
    assert message.destination is not None
    reply.sender = message.destination
    reply.serial = message.serial
    writer.write(reply._marshall(False))
    await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Message:
    head = await reader.readexactly(16)
    body, fields = int.from_bytes(head[4:8], "little"), int.from_bytes(head[12:16], "little")
    rest = await reader.readexactly((fields + 7) // 8 * 8 + body)
    message = Unmarshaller(io.BufferedRWPair(io.BytesIO(head + rest), io.BytesIO())).unmarshall()
    assert message is not None
    return message


def _is_call(message: Message) -> bool:
    return message.message_type is MessageType.METHOD_CALL and not message.flags & MessageFlag.NO_REPLY_EXPECTED
