"""What systemd answers and signals, as values; what it refuses, as errors that say why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError, CorvoError, PermissionRefused, RemoteError, Unavailable
from corvo_agent.writer.systemd_bus import ListedUnit, SystemdBus, UnitChanged, UnitsChanged

from .systemd_service import TRANSPORTS, SystemdService, systemd_service

Heard = asyncio.Queue[UnitChanged | UnitsChanged]


@pytest.fixture(params=TRANSPORTS)
async def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SystemdService]:
    async with systemd_service(request.param, tmp_path) as service:
        yield service


@pytest.fixture
def heard() -> Heard:
    return asyncio.Queue()


@pytest.fixture
async def bus(systemd: SystemdService, heard: Heard) -> AsyncIterator[SystemdBus]:
    async with SystemdBus(systemd.address, heard.put_nowait) as bus:
        yield bus


async def test_units_and_their_files_are_listed_by_pattern(systemd: SystemdService, bus: SystemdBus) -> None:
    npm = await systemd.add("pen-npm.service")
    await systemd.add("pen-off.service", loaded=False, file_state="disabled")
    await systemd.add("pen-run.service", file_state="")
    await systemd.add("ssh.service")
    listed = await bus.list_units(["pen-*"])
    assert listed[0] == ListedUnit("pen-npm.service", "loaded", "active", npm.path)
    assert [unit.name for unit in listed] == ["pen-npm.service", "pen-run.service"]
    assert await bus.list_unit_files(["pen-*"]) == [("pen-npm.service", "enabled"), ("pen-off.service", "disabled")]
    assert await bus.list_units(["nothing-*"]) == []


async def test_facts_are_those_of_the_units_that_are_still_there(systemd: SystemdService, bus: SystemdBus) -> None:
    npm = await systemd.add("pen-npm.service")
    await systemd.change("pen-npm.service", service={"NRestarts": 2, "Result": "exit-code"})
    gone = f"{npm.path}_gone"
    facts = await bus.facts([npm.path, gone])
    assert facts == {
        npm.path: {
            "ActiveEnterTimestamp": 1_700_000_000_000_000,
            "NRestarts": 2,
            "ExecMainCode": 0,
            "ExecMainStatus": 0,
            "Result": "exit-code",
        },
        gone: {},
    }


async def test_more_facts_than_the_bus_answers_at_once(systemd: SystemdService, bus: SystemdBus) -> None:
    units = [await systemd.add(f"pen-{number}.service") for number in range(40)]
    facts = await bus.facts([unit.path for unit in units])
    assert {len(each) for each in facts.values()} == {5}


async def test_signals_are_heard_in_order(systemd: SystemdService, bus: SystemdBus, heard: Heard) -> None:
    unit = await systemd.add("pen-npm.service")
    assert await heard.get() == UnitsChanged("pen-npm.service")
    await systemd.change("pen-npm.service", service={"NRestarts": 1}, SubState="running")
    first, second = await heard.get(), await heard.get()
    assert isinstance(first, UnitChanged)
    assert isinstance(second, UnitChanged)
    assert (first.path, first.facts["NRestarts"]) == (unit.path, 1)
    assert second.facts == {"ActiveEnterTimestamp": 1_700_000_000_000_000, "SubState": "running"}
    await systemd.remove("pen-npm.service")
    assert await heard.get() == UnitsChanged("pen-npm.service")
    await systemd.signal("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "UnitFilesChanged")
    assert await heard.get() == UnitsChanged()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("org.freedesktop.DBus.Error.AccessDenied", PermissionRefused),
        ("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", PermissionRefused),
        ("org.freedesktop.DBus.Error.NoReply", Unavailable),
        ("org.freedesktop.systemd1.Odd", RemoteError),
    ],
)
async def test_a_refusal_is_typed_and_says_what_systemd_said(
    systemd: SystemdService, bus: SystemdBus, code: str, kind: type[CorvoError]
) -> None:
    systemd.refuse["ListUnitsByPatterns"] = code
    with pytest.raises(kind, match="as the test wants") as caught:
        await bus.list_units(["pen-*"])
    assert type(caught.value) is kind


async def test_who_is_refused_the_subscription_is_not_connected(systemd: SystemdService, heard: Heard) -> None:
    systemd.refuse["Subscribe"] = "org.freedesktop.DBus.Error.AccessDenied"
    with pytest.raises(PermissionRefused):
        async with SystemdBus(systemd.address, heard.put_nowait):
            pytest.fail("it is connected")


@pytest.mark.parametrize(
    ("address", "kind"), [("nonsense", ConfigError), ("unix:path=/nowhere/bus", Unavailable), ("tcp:x", ConfigError)]
)
async def test_an_address_that_leads_nowhere(address: str, kind: type[CorvoError], heard: Heard) -> None:
    with pytest.raises(kind) as caught:
        async with SystemdBus(address, heard.put_nowait):
            pytest.fail("it is connected")
    assert "Errno" not in str(caught.value)


async def test_a_lost_connection_is_told(tmp_path: Path, heard: Heard) -> None:
    async with AsyncExitStack() as stack:
        systemd = await stack.enter_async_context(systemd_service("direct", tmp_path))
        async with SystemdBus(systemd.address, heard.put_nowait) as bus:
            await stack.aclose()
            with pytest.raises(Unavailable, match="systemd at"):
                await bus.lost
            with pytest.raises(Unavailable, match="systemd at"):
                await bus.list_units(["pen-*"])
