from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import pytest

from corvo_agent.agent.level_sync import RECHECK_INTERVAL, LevelSync, apply_to_process
from corvo_agent.levels import current_filter
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource, LevelState
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.model import Module
from corvo_agent.modules.store import ModuleStore
from corvo_agent.modules.watcher import ModuleWatcher
from corvo_agent.testing import FakeClock, MemoryStore

from ..levels.kit import untouched_levels

SECOND = 10**9


class JumpingClock(FakeClock):
    def jump(self, seconds: float) -> None:
        """Set the wall clock, as an operator or NTP does; no sleeper notices."""
        self._time_ns += round(seconds * SECOND)


class Applied:
    def __init__(self) -> None:
        self.states: list[LevelState] = []
        self.failures = 0

    def __call__(self, state: LevelState) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("target away")
        self.states.append(state)

    @property
    def levels(self) -> list[str]:
        return [state.level_text for state in self.states]


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def applied() -> Applied:
    return Applied()


@pytest.fixture
def sync(clock: JumpingClock, applied: Applied) -> LevelSync:
    return LevelSync(clock=clock, default=Level.INFO, apply=applied, refresh=lambda: None)


@contextlib.asynccontextmanager
async def running(sync: LevelSync, clock: FakeClock) -> AsyncIterator[None]:
    task = asyncio.create_task(sync.run())
    await clock.wait_sleeping()
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def level_of(sync: LevelSync) -> Level | None:
    """The level at this moment; it changes while a test awaits something."""
    return sync.state.level


def module(level: str = "") -> Module:
    return Module().with_meta(name="n1-svc").with_spec(log_level=level)


def control(clock: FakeClock, seconds: float, level: str = "Debug", logger: str = "") -> Control:
    return Control(level, clock.time_ns() + round(seconds * SECOND), logger, by="kim", reason="because")


async def test_the_default_holds_before_and_without_a_module(clock: JumpingClock, applied: Applied) -> None:
    sync = LevelSync(clock=clock, default=Level.WARN, apply=applied)
    assert sync.state == LevelState(Level.WARN)
    async with running(sync, clock):
        sync.update(module("Debug"))
        sync.update(None)
        sync.update(module(""))
    assert applied.levels == ["Warn", "Debug", "Warn"]
    assert sync.state.source is LevelSource.DEFAULT


def test_an_update_applies_at_once_and_only_what_changed(sync: LevelSync, applied: Applied) -> None:
    sync.update(module("debug"))
    sync.update(module("DEBUG"))
    sync.update(module("Debug").with_status(node="n"), [Control("Error", logger="app.db")])
    assert applied.states == [
        LevelState(Level.DEBUG, LevelSource.LOG_LEVEL),
        LevelState(Level.DEBUG, LevelSource.LOG_LEVEL, loggers={"app.db": Level.ERROR}),
    ]


def test_enable_trace_is_passed_on(sync: LevelSync, applied: Applied) -> None:
    sync.update(module("Info").with_spec(enable_trace=True))
    assert applied.states[-1].enable_trace


async def test_an_override_ends_by_itself_at_its_time(sync: LevelSync, clock: JumpingClock, applied: Applied) -> None:
    async with running(sync, clock):
        sync.update(module("Warn"), [control(clock, 600)])
        assert sync.state == LevelState(
            Level.DEBUG,
            LevelSource.OVERRIDE,
            clock.time_ns() + 600 * SECOND,
            "kim",
            "because",
            then=LevelState(Level.WARN, LevelSource.LOG_LEVEL),
        )
        await clock.advance(599.99)
        assert sync.state.level is Level.DEBUG
        await clock.advance(0.02)
        assert sync.state == LevelState(Level.WARN, LevelSource.LOG_LEVEL)
        assert sync.statistics().expired == 1
    assert applied.levels == ["Info", "Debug", "Warn"]


async def test_an_override_nearer_than_the_next_look_at_the_clock_ends_in_time(
    sync: LevelSync, clock: JumpingClock, applied: Applied
) -> None:
    async with running(sync, clock):
        sync.update(module(), [control(clock, RECHECK_INTERVAL / 10)])
        await clock.advance(RECHECK_INTERVAL / 5)
        assert applied.levels == ["Info", "Debug", "Info"]


async def test_an_override_without_an_end_stays(sync: LevelSync, clock: JumpingClock) -> None:
    async with running(sync, clock):
        sync.update(module("Warn"), [Control("Debug")])
        await clock.advance(100_000)
        assert (sync.state.level, sync.state.until) == (Level.DEBUG, 0)


async def test_a_new_until_moves_the_end(sync: LevelSync, clock: JumpingClock) -> None:
    async with running(sync, clock):
        sync.update(module(), [control(clock, 10)])
        sync.update(module(), [control(clock, 30)])
        await clock.advance(20)
        assert level_of(sync) is Level.DEBUG
        await clock.advance(11)
        assert level_of(sync) is Level.INFO


async def test_a_wall_clock_that_jumps_is_noticed_soon(sync: LevelSync, clock: JumpingClock) -> None:
    async with running(sync, clock):
        sync.update(module(), [control(clock, 3600)])
        clock.jump(3601)
        await clock.advance(RECHECK_INTERVAL)
        assert level_of(sync) is Level.INFO
        clock.jump(-7200)
        await clock.advance(RECHECK_INTERVAL)
        assert level_of(sync) is Level.INFO, "an ended override came back"
        sync.update(module(), [control(clock, 60)])
        assert level_of(sync) is Level.DEBUG


async def test_a_clock_put_back_does_not_end_an_override_early(sync: LevelSync, clock: JumpingClock) -> None:
    async with running(sync, clock):
        sync.update(module(), [control(clock, 60)])
        clock.jump(-30)
        await clock.advance(70)
        assert level_of(sync) is Level.DEBUG
        await clock.advance(21)
        assert level_of(sync) is Level.INFO


async def test_an_override_that_is_past_already_is_ignored(clock: JumpingClock, applied: Applied) -> None:
    sync = LevelSync(clock=clock, apply=applied)
    sync.update(module("Warn"), [control(clock, -1)])
    async with running(sync, clock):
        await clock.advance(3 * RECHECK_INTERVAL)
    assert applied.levels == ["Warn"]
    assert sync.statistics().expired == 1


async def test_levels_of_loggers_end_each_at_its_time(sync: LevelSync, clock: JumpingClock, applied: Applied) -> None:
    async with running(sync, clock):
        controls = [control(clock, 10, logger="a"), control(clock, 20, "Error", "b"), control(clock, 15, "Debug")]
        sync.update(module("Warn"), controls)
        assert sync.state.loggers == {"a": Level.DEBUG, "b": Level.ERROR}
        await clock.advance(11)
        assert (sync.state.level, sync.state.loggers) == (Level.DEBUG, {"b": Level.ERROR})
        await clock.advance(5)
        assert (sync.state.level, sync.state.loggers) == (Level.WARN, {"b": Level.ERROR})
        await clock.advance(5)
        assert sync.state == LevelState(Level.WARN, LevelSource.LOG_LEVEL)


async def test_one_that_ended_does_not_come_back_when_another_is_set(sync: LevelSync, clock: JumpingClock) -> None:
    async with running(sync, clock):
        ended = control(clock, 1)
        sync.update(module("Warn"), [ended])
        await clock.advance(2)
        clock.jump(-3600)
        sync.update(module("Warn"), [ended, control(clock, 60, "Error", "a")])
        assert (sync.state.level, sync.state.loggers) == (Level.WARN, {"a": Level.ERROR})


def test_without_a_module_controls_do_not_count(sync: LevelSync) -> None:
    sync.update(None, [Control("Debug")])
    assert sync.state == LevelState(Level.INFO)
    sync.update(module(), [Control("Debug")])
    assert sync.state.level is Level.DEBUG


async def test_an_unknown_level_changes_nothing_and_is_warned_about_once(
    sync: LevelSync, clock: JumpingClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(sync, clock):
        good, controls = module("Warn"), [control(clock, 10)]
        sync.update(good, controls)
        for _ in range(3):
            sync.update(module("loud"), controls)
        assert (sync.state.level, sync.module) == (Level.DEBUG, good)
        await clock.advance(11)
        assert sync.state.level is Level.WARN, "what held before goes on to end by itself"
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "n1-svc" in warnings[0]
    assert "loud" in warnings[0]
    assert sync.statistics().refused == 3


async def test_what_could_not_be_applied_is_tried_again(
    sync: LevelSync, clock: JumpingClock, applied: Applied, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(sync, clock):
        applied.failures = 2
        sync.update(module("Debug"))
        assert sync.statistics().pending
        await clock.advance(2 * RECHECK_INTERVAL)
        assert applied.levels == ["Info", "Debug"]
        assert (sync.statistics().failed, sync.statistics().pending) == (2, False)
    assert len([r for r in caplog.records if "could not be changed" in r.message]) == 1


async def test_what_is_set_up_meanwhile_is_refreshed(clock: JumpingClock, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def refresh() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("once")

    sync = LevelSync(clock=clock, apply=lambda state: None, refresh=refresh)
    async with running(sync, clock):
        await clock.advance(2 * RECHECK_INTERVAL)
    assert len(calls) == 3
    assert "could not be refreshed" in caplog.text


@pytest.mark.parametrize("level", ["None", "Debug"])
def test_in_this_process_it_changes_the_loggers_and_leaves_an_ordinary_record(
    level: str, clock: JumpingClock, caplog: pytest.LogCaptureFixture
) -> None:
    with untouched_levels():
        logging.root.setLevel(logging.INFO)
        sync = LevelSync(clock=clock, apply=apply_to_process)
        sync.update(module(level), [Control("Debug", logger="app")])
        assert logging.getLogger("app.x").isEnabledFor(logging.DEBUG)
        assert logging.root.isEnabledFor(logging.CRITICAL) is (level == "Debug")
        assert current_filter() is None, "the application's own is another layer"
    (record,) = [r for r in caplog.records if r.getMessage() == "log level changed"]
    fields = record.__dict__
    # Sentry and OpenTelemetry take what is above ERROR for an alarm.
    assert (record.levelno, record.levelname) == (logging.INFO, "INFO")
    assert (fields["level_from"], fields["level_to"], fields["source"]) == ("as-configured", level, "log-level")


async def test_a_watcher_drives_it_through_a_whole_life(applied: Applied) -> None:
    sync = LevelSync(default=Level.WARN, apply=lambda state: apply(state), refresh=lambda: None)
    moved = asyncio.Event()

    def apply(state: LevelState) -> None:
        applied(state)
        moved.set()

    async def until(level: Level) -> None:
        while sync.state.level is not level:
            moved.clear()
            await moved.wait()

    async with ModuleStore(MemoryStore()) as store, ModuleWatcher("n1-svc", store, on_change=sync.update) as watcher:
        await watcher.wait_synced()
        await store.create(module("Error"))
        await until(Level.ERROR)
        await store.set_level("n1-svc", "Debug")
        await until(Level.DEBUG)
        await store.modify("n1-svc", lambda now: now.with_status(node="n1"))
        await store.delete("n1-svc")
        await until(Level.WARN)
    assert applied.levels == ["Error", "Debug", "Warn"]
