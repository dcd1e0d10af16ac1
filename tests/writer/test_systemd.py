"""Services become modules, over a D-Bus that the test owns: in the world environment of a real dbus-daemon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.errors import ConfigError, CorvoError, PermissionRefused, RemoteError, Unavailable
from corvo_agent.writer.source import Complete, Gone, Present, SourceEvent
from corvo_agent.writer.systemd import SystemdSource
from tests.world.machine import needs

from .systemd_service import (
    TRANSPORTS,
    SystemdService,
    dbus_daemon,
    on_the_bus,
    systemd_service,
)

EXITED = {"Result": "exit-code", "ExecMainCode": 1, "ExecMainStatus": 3}


@pytest.fixture(params=TRANSPORTS)
async def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SystemdService]:
    async with systemd_service(request.param, tmp_path) as service:
        yield service


def source(systemd: SystemdService, *patterns: str, **options: Any) -> SystemdSource:
    return SystemdSource(patterns or ("pen-*",), node="node1", address=systemd.address, **options)


@pytest.fixture
async def events(systemd: SystemdService) -> AsyncIterator[AsyncGenerator[SourceEvent]]:
    async with aclosing(source(systemd).events()) as stream:
        yield stream


async def told(events: AsyncGenerator[SourceEvent]) -> list[SourceEvent]:
    """All until it is complete."""
    found: list[SourceEvent] = []
    while not isinstance(event := await anext(events), Complete):
        found.append(event)
    return found


def names(events: list[SourceEvent]) -> list[str]:
    found = []
    for event in events:
        assert isinstance(event, Present | Gone)
        found.append(f"{'+' if isinstance(event, Present) else '-'}{event.name}")
    return found


async def present(events: AsyncGenerator[SourceEvent]) -> Present:
    event = await anext(events)
    assert isinstance(event, Present)
    return event


async def test_one_module_for_each_service_that_matches(
    systemd: SystemdService, events: AsyncGenerator[SourceEvent]
) -> None:
    await systemd.add("pen-npm.service")
    await systemd.add("pen-stopped.service", loaded=False, file_state="disabled")
    await systemd.add("pen-worker@1.service", file_state="")
    await systemd.add("pen-failed.service", load_state="not-found", active_state="failed", file_state="")
    # None of these is something that runs or can be started.
    await systemd.add("pen-worker@.service", loaded=False)
    await systemd.add("pen-masked.service", loaded=False, file_state="masked")
    await systemd.add("pen-wanted.service", load_state="not-found", active_state="inactive", file_state="")
    await systemd.add("ssh.service")
    modules = ["node1-pen-failed", "node1-pen-npm", "node1-pen-stopped", "node1-pen-worker@1"]
    assert names(await told(events)) == [f"+{module}" for module in modules]


async def test_it_follows_restarts_with_their_reasons(
    systemd: SystemdService, events: AsyncGenerator[SourceEvent]
) -> None:
    await systemd.add("pen-npm.service")
    (first,) = await told(events)
    assert isinstance(first, Present)
    for count in (1, 2):
        await systemd.crash("pen-npm.service", **EXITED)
        while (seen := (await present(events)).status).last_start != first.status.last_start + count * 10**9:
            pass
        assert (seen.restart_count, seen.last_restart_reason) == (count, "exit-code (exit code 3)")


async def test_units_that_come_and_go(systemd: SystemdService, events: AsyncGenerator[SourceEvent]) -> None:
    await systemd.add("pen-npm.service")
    assert names(await told(events)) == ["+node1-pen-npm"]
    await systemd.add("pen-cmd.service")
    await systemd.add("ssh.service")
    assert names(await told(events)) == ["+node1-pen-cmd", "+node1-pen-npm"]
    await systemd.remove("pen-npm.service")
    assert names(await told(events)) == ["-node1-pen-npm", "+node1-pen-cmd"]


async def test_a_service_that_is_stopped_and_forgotten_stays_as_long_as_its_file_does(
    systemd: SystemdService, events: AsyncGenerator[SourceEvent]
) -> None:
    unit = await systemd.add("pen-npm.service")
    await told(events)
    unit.loaded = False
    await systemd.signal("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "UnitFilesChanged")
    assert names(await told(events)) == ["+node1-pen-npm"]


async def test_what_no_signal_told_is_seen_by_the_next_look(systemd: SystemdService) -> None:
    unit = await systemd.add("pen-npm.service")
    async with aclosing(source(systemd, resync=0.01).events()) as events:
        await told(events)
        unit.set("org.freedesktop.systemd1.Service", {"NRestarts": 7})
        while (event := (await told(events))[0]) and isinstance(event, Present) and event.status.restart_count != 7:
            pass


async def test_signals_that_come_while_nobody_reads_are_not_lost(
    systemd: SystemdService, events: AsyncGenerator[SourceEvent]
) -> None:
    units = [f"pen-{number}.service" for number in range(5)]
    for unit in units:
        await systemd.add(unit)
    await told(events)
    for unit in units * 3:
        await systemd.crash(unit, **EXITED)
    counts: dict[str, int] = {}
    while list(counts.values()) != [3] * len(units):
        event = await present(events)
        counts[event.name] = event.status.restart_count


@pytest.mark.parametrize(
    ("method", "name", "error"),
    [
        ("Subscribe", "org.freedesktop.DBus.Error.AccessDenied", PermissionRefused),
        ("ListUnitsByPatterns", "org.freedesktop.DBus.Error.AccessDenied", PermissionRefused),
        ("ListUnitFilesByPatterns", "org.freedesktop.DBus.Error.UnknownMethod", RemoteError),
        ("ListUnitsByPatterns", "org.freedesktop.DBus.Error.NoReply", Unavailable),
    ],
)
async def test_refusals_are_typed(
    systemd: SystemdService, events: AsyncGenerator[SourceEvent], method: str, name: str, error: type[CorvoError]
) -> None:
    systemd.refuse[method] = name
    with pytest.raises(error, match="systemd at"):
        await anext(events)


async def test_a_property_that_this_systemd_lacks_is_left_open(
    systemd: SystemdService, events: AsyncGenerator[SourceEvent]
) -> None:
    unit = await systemd.add("pen-npm.service")
    del unit.service["NRestarts"]
    (event,) = await told(events)
    assert isinstance(event, Present)
    assert event.known == frozenset()
    assert event.status.last_start


async def test_nobody_there_is_unavailable(tmp_path: Path) -> None:
    nowhere = SystemdSource(["pen-*"], node="node1", address=f"unix:path={tmp_path}/nowhere")
    with pytest.raises(Unavailable, match="nowhere"):
        await anext(nowhere.events())


async def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="carrier"):
        await anext(SystemdSource(["pen-*"], node="node1", address="carrier:pigeon=1").events())


async def test_a_connection_that_is_lost_ends_the_stream(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        systemd = await stack.enter_async_context(systemd_service("direct", tmp_path))
        events = source(systemd).events()
        await told(events)
        waiting = asyncio.ensure_future(anext(events))
        await stack.aclose()
        with pytest.raises(Unavailable, match="systemd at"):
            await waiting


@needs("dbus-daemon")
async def test_a_systemd_that_starts_again_ends_the_stream_and_the_next_one_works(tmp_path: Path) -> None:
    """systemd has forgotten then that somebody listens."""
    socket = tmp_path / "bus"
    systemd = SystemdService(f"unix:path={socket}")
    await systemd.add("pen-npm.service")
    async with dbus_daemon(socket):
        async with on_the_bus(systemd):
            events = source(systemd).events()
            await told(events)
            waiting = asyncio.ensure_future(anext(events))
        with pytest.raises(Unavailable, match="systemd at"):
            await waiting
        with pytest.raises(Unavailable):
            await anext(source(systemd).events())
        systemd.subscribed.clear()
        async with on_the_bus(systemd), aclosing(source(systemd).events()) as events:
            assert names(await told(events)) == ["+node1-pen-npm"]
            assert systemd.subscribed.is_set()
