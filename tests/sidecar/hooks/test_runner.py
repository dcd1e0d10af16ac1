from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from corvo_agent.agent.level_sync import LevelSync
from corvo_agent.errors import RemoteError, Unavailable
from corvo_agent.levels.level import Level
from corvo_agent.levels.level_filter import MAX_LOGGERS
from corvo_agent.levels.state import LevelState
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.model import Module
from corvo_agent.sidecar.hooks.protocol import LevelChange
from corvo_agent.sidecar.hooks.recipes import zap
from corvo_agent.sidecar.hooks.runner import HookRunner
from corvo_agent.testing import FakeClock
from tests.diagnostics.kit import until
from tests.stats.stepped_loop import SteppedLoop, stepped_loop, turns

from ..servers import Zap, serving

DEBUG, ERROR = LevelState(Level.DEBUG), LevelState(Level.ERROR)


class Program:
    """A hook into a program that may be away, slow, or new."""

    def __init__(self, name: str = "program", *, knows_loggers: bool = True) -> None:
        self.name = name
        self.knows_loggers = knows_loggers
        self.changes: list[str] = []
        # What the next calls raise; None for one that succeeds.
        self.failures: list[BaseException | None] = []
        self.held: asyncio.Event | None = None

    async def set_level(self, change: LevelChange) -> None:
        if self.held is not None:
            await self.held.wait()
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.changes.append(f"{change.logger or '*'}={change.level.text}{' reset' if change.reset else ''}")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@contextlib.asynccontextmanager
async def running(runner: HookRunner, clock: FakeClock) -> AsyncIterator[None]:
    task = asyncio.create_task(runner.run())
    await clock.advance(0)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_newest_state_is_set_and_the_same_is_not_set_again(clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock)
    runner.apply(DEBUG)
    async with running(runner, clock):
        runner.apply(ERROR)
        runner.apply(LevelState(Level.WARN))
        await clock.advance(0)
        runner.apply(LevelState(Level.WARN, until=5, by="kim"))
        await clock.advance(100)
    assert program.changes == ["*=Debug", "*=Warn"]
    (statistics,) = runner.statistics()
    assert (statistics.level, statistics.pending, statistics.done) == ("Warn", False, 2)
    assert statistics.set_at.startswith("2023-11-14T22:13:20")
    assert runner.as_json()[0]["name"] == "program"


async def test_as_configured_leaves_the_program_alone_until_its_level_was_changed(clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock)
    async with running(runner, clock):
        runner.apply(LevelState())
        await clock.advance(0)
        assert program.changes == []
        assert runner.statistics()[0].level == "as-configured"
        runner.apply(DEBUG)
        await clock.advance(0)
        runner.apply(LevelState())
        await clock.advance(0)
        assert program.changes == ["*=Debug", "*=Info"], "what it had cannot be asked for"
        runner.again()
        await clock.advance(0)
    assert program.changes == ["*=Debug", "*=Info"], "a program that has restarted is as configured"


async def test_loggers_are_set_after_all_and_reset_when_named_no_more(clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock)
    async with running(runner, clock):
        runner.apply(LevelState(Level.WARN, loggers={"a": Level.DEBUG, "b": Level.INFO}))
        await clock.advance(0)
        runner.apply(LevelState(Level.ERROR, loggers={"b": Level.INFO}))
        await clock.advance(0)
    assert program.changes == ["*=Warn", "a=Debug", "b=Info", "*=Error", "a=Error reset", "b=Info"]


async def test_a_hook_that_knows_no_loggers_says_how_many_it_ignores(clock: FakeClock) -> None:
    program = Program(knows_loggers=False)
    runner = HookRunner([program], clock=clock)
    async with running(runner, clock):
        runner.apply(LevelState(Level.WARN, loggers={"a": Level.DEBUG}))
        await clock.advance(0)
    assert program.changes == ["*=Warn"]
    assert runner.statistics()[0].ignored_loggers == 1


async def test_failures_are_retried_with_growing_pauses_and_shown(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    program = Program()
    program.failures = [Unavailable("h:1", "refused") for _ in range(6)]
    runner = HookRunner([program], clock=clock, max_pause=4)
    runner.apply(DEBUG)
    async with running(runner, clock):
        assert runner.statistics()[0].error == "h:1 is unavailable: refused"
        assert runner.statistics()[0].pending
        await clock.advance(0.5 + 1 + 2)
        assert 3 <= runner.statistics()[0].failed < 6
        await clock.advance(3 * 4)
        statistics = runner.statistics()[0]
    assert program.changes == ["*=Debug"]
    assert (statistics.failed, statistics.error, statistics.pending) == (6, "", False)
    assert len([r for r in caplog.records if r.levelname == "WARNING"]) == 1


async def test_names_that_cannot_be_passed_on_are_reported_and_the_others_go_on(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock)
    async with running(runner, clock):
        runner.apply(LevelState(Level.WARN, loggers=dict.fromkeys(("-x", "a", "b\nc", "..", "d"), Level.DEBUG)))
        await clock.advance(0)
        runner.apply(LevelState(Level.ERROR))
        await clock.advance(0)
    assert program.changes == ["*=Warn", "a=Debug", "d=Debug", "*=Error", "a=Error reset", "d=Error reset"]
    assert [record.getMessage() for record in caplog.records] == ["program: 3 loggers are left out, such as -x"]
    assert (runner.statistics()[0].ignored_loggers, runner.statistics()[0].pending) == (0, False)


async def test_a_logger_that_is_not_taken_holds_up_no_other_and_none_is_set_twice(clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock)
    async with running(runner, clock):
        program.failures = [None, RemoteError("program", "status 1", "no such logger"), None, None]
        runner.apply(LevelState(Level.WARN, loggers=dict.fromkeys(("a", "b", "c"), Level.DEBUG)))
        await clock.advance(0)
        await clock.wait_sleeping()
        assert program.changes == ["*=Warn"]
        await clock.advance(2)
    assert program.changes == ["*=Warn", "b=Debug", "c=Debug", "a=Debug"]


class Slow(Program):
    """Takes two hundredths of a second for each change, of the time that ``loop`` tells."""

    def __init__(self, loop: SteppedLoop) -> None:
        super().__init__()
        self._loop = loop

    async def set_level(self, change: LevelChange) -> None:
        self._loop.skip(0.02)
        await turns()
        await super().set_level(change)


def test_the_time_that_a_hook_may_take_is_that_of_one_change(clock: FakeClock) -> None:
    async def set_many(runner: HookRunner) -> None:
        async with running(runner, clock):
            runner.apply(LevelState(Level.WARN, loggers=dict.fromkeys(map(str, range(20)), Level.DEBUG)))
            await until(lambda: not runner.statistics()[0].pending)

    with stepped_loop() as loop:
        program = Slow(loop)
        loop.run(set_many(HookRunner([program], clock=clock, timeout=0.3)))
    assert program.changes == ["*=Warn", *(f"{number}=Debug" for number in range(20))]


async def test_a_program_is_told_of_so_many_loggers_only(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock)
    async with running(runner, clock):
        runner.apply(LevelState(Level.WARN, loggers=dict.fromkeys(map(str, range(30_000)), Level.DEBUG)))
        await clock.advance(1)
    assert len(program.changes) == 1 + MAX_LOGGERS
    assert runner.statistics()[0].ignored_loggers == 30_000 - MAX_LOGGERS
    assert [record.getMessage() for record in caplog.records] == [
        "program: 29000 loggers are left out: it is told of 1000"
    ]


async def test_a_newer_state_does_not_wait_for_the_pause(clock: FakeClock) -> None:
    program = Program()
    program.failures = [Unavailable("h:1", "refused")]
    runner = HookRunner([program], clock=clock)
    runner.apply(DEBUG)
    async with running(runner, clock):
        runner.apply(ERROR)
        await clock.advance(0)
        assert program.changes == ["*=Error"]


async def test_what_was_half_set_is_set_whole_again(clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock)
    async with running(runner, clock):
        program.failures = [None, Unavailable("h:1", "gone")]
        runner.apply(LevelState(Level.WARN, loggers={"a": Level.DEBUG}))
        await clock.wait_sleeping()
        # It may have taken the level of the logger before it was gone.
        program.failures = [None, Unavailable("h:1", "gone")]
        runner.apply(LevelState(Level.ERROR))
        await clock.advance(0)
        await clock.wait_sleeping()
        await clock.advance(2)
    assert program.changes == ["*=Warn", "*=Error", "*=Error", "a=Error reset"]


@pytest.mark.parametrize("error", [RuntimeError("bug"), TimeoutError(), OSError()])
async def test_a_hook_with_a_fault_is_a_failure_like_others(clock: FakeClock, error: Exception) -> None:
    program = Program()
    program.failures = [error]
    runner = HookRunner([program], clock=clock)
    runner.apply(DEBUG)
    async with running(runner, clock):
        assert runner.statistics()[0].error in ("bug", "TimeoutError", "OSError")
        await clock.advance(1)
    assert program.changes == ["*=Debug"]


async def test_one_that_hangs_holds_up_no_other_and_is_cut_off(clock: FakeClock) -> None:
    hanging, other = Program("hanging"), Program("other")
    hanging.held = asyncio.Event()
    runner = HookRunner([hanging, other], clock=clock, timeout=0.01)
    runner.apply(DEBUG)
    async with running(runner, clock):
        assert other.changes == ["*=Debug"]
        await clock.wait_sleeping()
        assert runner.statistics()[0].error == "hanging: no answer within 0.01 s"
        hanging.held.set()
        await clock.advance(1)
        assert hanging.changes == ["*=Debug"]


async def test_a_change_during_a_call_is_set_after_it(clock: FakeClock) -> None:
    program = Program()
    program.held = asyncio.Event()
    runner = HookRunner([program], clock=clock)
    runner.apply(DEBUG)
    async with running(runner, clock):
        runner.apply(ERROR)
        program.held.set()
        await clock.advance(0)
    assert program.changes == ["*=Debug", "*=Error"]


async def test_a_program_that_restarted_gets_everything_again(clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock)
    runner.apply(LevelState(Level.WARN, loggers={"a": Level.DEBUG}))
    async with running(runner, clock):
        await clock.advance(10)
        assert len(program.changes) == 2
        runner.again()
        await clock.advance(0)
    assert program.changes == ["*=Warn", "a=Debug"] * 2


async def test_a_program_that_comes_does_not_wait_for_the_pause(clock: FakeClock) -> None:
    program = Program()
    program.failures = [Unavailable("h:1", "refused") for _ in range(10)]
    runner = HookRunner([program], clock=clock, max_pause=1000)
    runner.apply(DEBUG)
    async with running(runner, clock):
        await clock.advance(200)
        program.failures.clear()
        runner.again()
        await clock.advance(0)
    assert program.changes == ["*=Debug"]


async def test_a_restart_during_a_call_is_not_missed(clock: FakeClock) -> None:
    program = Program()
    program.held = asyncio.Event()
    runner = HookRunner([program], clock=clock)
    runner.apply(DEBUG)
    async with running(runner, clock):
        runner.again()
        program.held.set()
        await clock.advance(0)
    assert program.changes == ["*=Debug"] * 2


async def test_a_guess_is_held_back_until_the_level_is_known(clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock, held=True)
    runner.apply(LevelState(Level.INFO))
    async with running(runner, clock):
        await clock.advance(100)
        assert program.changes == []
        assert runner.statistics()[0].pending
        runner.apply(DEBUG)
        runner.release()
        await clock.advance(0)
    assert program.changes == ["*=Debug"]


@pytest.mark.parametrize("changed", [False, True])
async def test_a_level_that_a_runner_before_it_has_set_is_ended(changed: bool, clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock, held=True)
    runner.apply(LevelState())
    async with running(runner, clock):
        runner.release(changed=changed)
        await clock.advance(0)
    assert program.changes == (["*=Info"] if changed else [])


async def test_a_guess_is_held_back_in_each_run(clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock, held=True)
    for expected in (["*=Debug"], ["*=Debug", "*=Error"]):
        before = list(program.changes)
        async with running(runner, clock):
            runner.apply(ERROR if before else DEBUG)
            await clock.advance(100)
            assert program.changes == before
            runner.release()
            await clock.advance(0)
        assert program.changes == expected


async def test_where_nothing_tells_of_a_restart_it_is_said_again_now_and_then(clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock, repeat=60)
    runner.apply(DEBUG)
    async with running(runner, clock):
        await clock.advance(150)
    assert program.changes == ["*=Debug"] * 3


async def test_a_level_sync_drives_a_program_over_http() -> None:
    """The whole way: an override in the Module reaches the program, and so does its end."""
    server = Zap()
    clock = FakeClock()
    async with serving(server) as url:
        runner = HookRunner([zap(f"{url}/log/level")])
        sync = LevelSync(clock=clock, apply=runner.apply, refresh=lambda: None)
        sync.update(Module().with_spec(log_level="Error"), [Control("Debug", clock.time_ns() + 10**9)])
        tasks = [asyncio.create_task(coroutine) for coroutine in (sync.run(), runner.run())]
        assert await server.heard.get() == "debug"
        await clock.wait_sleeping()
        await clock.advance(2)
        assert await server.heard.get() == "error"
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_it_says_what_keeps_a_level_from_being_in_force(clock: FakeClock) -> None:
    program = Program()
    runner = HookRunner([program], clock=clock)
    faults: list[str] = []
    runner.subscribe(lambda: faults.append(runner.fault))
    assert runner.fault == ""
    runner.apply(DEBUG)
    assert runner.fault == "program: it is not set yet"
    program.failures = [OSError("connection refused")]
    async with running(runner, clock):
        assert runner.fault == "program: connection refused"
        await clock.advance(1)
        assert runner.fault == ""
        runner.again()
        await clock.advance(0)
    assert faults == ["program: connection refused", "", "program: it is not set yet", ""]
