"""The Module counts the starts of the target, not those of the sidecar."""

from __future__ import annotations

from corvo_agent.modules.registration import StartReport, register
from corvo_agent.modules.store import ModuleStore
from corvo_agent.sidecar.target.follower import START_PRECISION, TargetStart
from corvo_agent.sidecar.target.process import ProcessIdentity
from corvo_agent.sidecar.target.report import start_of_target
from corvo_agent.testing import MemoryStore

NAME = "node1-pen-npm"


def seen(number: int, time_ns: int) -> TargetStart:
    before = ProcessIdentity(number - 1, number - 1) if number > 1 else None
    return TargetStart(ProcessIdentity(number, number), number, time_ns, before)


async def test_the_module_counts_the_starts_of_the_target() -> None:
    second = 1_000_000_000
    store, report = ModuleStore(MemoryStore()), StartReport(NAME, 5, node="node1", module="pen-npm")

    async def reported(start: TargetStart | None, number: int = 0) -> tuple[int, int, str]:
        status = (await register(store, start_of_target(report, start, number))).status
        return status.last_start, status.restart_count, status.last_restart_reason

    # The Module is there before the process is; then it starts, and the sidecar is another one.
    assert await reported(None) == (0, 0, "")
    assert await reported(seen(1, 100 * second)) == (100 * second, 0, "")
    assert await reported(None) == (100 * second, 0, "")
    assert await reported(seen(1, 101 * second)) == (100 * second, 0, "")
    # Restarts that this sidecar sees count also in short order, and those that could not be reported in time, too.
    assert (await reported(seen(2, 102 * second), 1))[:2] == (102 * second, 1)
    reason = "process 4 has ended, process 5 has begun"
    assert await reported(seen(5, 109 * second), 2) == (109 * second, 4, reason)
    assert await reported(seen(5, 109 * second), 2) == (109 * second, 4, reason)
    # One that was restarted while no sidecar ran.
    assert (await reported(seen(1, 200 * second)))[:2] == (200 * second, 5)


async def test_starts_before_the_module_could_be_made_are_counted() -> None:
    store = ModuleStore(MemoryStore())
    status = (await register(store, start_of_target(StartReport(NAME, 5), seen(3, 9), 0))).status
    assert (status.last_start, status.restart_count) == (9, 2)


def test_only_the_first_one_may_be_known_already() -> None:
    report = StartReport(NAME, 5, restart_reason="upgrade")
    first, second = start_of_target(report, seen(1, 9), 0), start_of_target(report, seen(2, 9), 1)
    assert (first.precision, second.precision) == (START_PRECISION, 0)
    # What the operator says counts before what can be seen.
    assert (first.restart_reason, second.restart_reason) == ("upgrade", "upgrade")
