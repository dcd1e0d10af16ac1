"""Callbacks are called in order, bounded in time, and hurt nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

import pytest

from corvo_agent.modules.callbacks import CallbackQueue, ChangeCallback, ModuleChange
from corvo_agent.modules.model import Module
from corvo_agent.testing import FakeClock


def at(level: str) -> Module:
    return Module().with_meta(name="ab").with_spec(log_level=level)


@asynccontextmanager
async def calling(callback: ChangeCallback, clock: FakeClock, *, limit: int = 10) -> AsyncIterator[CallbackQueue]:
    queue = CallbackQueue("ab", callback, timeout=5, limit=limit, clock=clock, cancel_grace=0.05)
    queue.start()
    try:
        yield queue
    finally:
        if ending := queue.stop():
            await asyncio.wait(ending, timeout=1)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_changes_are_told_in_order_with_old_and_new() -> None:
    told: list[ModuleChange] = []
    async with calling(told.append, FakeClock()) as queue:
        states = [at("Info"), at("Debug"), None, at("Debug")]
        for revision, state in enumerate(states, start=2):
            queue.put(state, revision)
        await settle()
        assert [(change.old, change.new, change.revision) for change in told] == [
            (None, at("Info"), 2),
            (at("Info"), at("Debug"), 3),
            (at("Debug"), None, 4),
            (None, at("Debug"), 5),
        ]
        assert told[2].module == Module().with_meta(name="ab")
        assert queue.called == 4


async def test_an_async_callback_runs_alone() -> None:
    running = 0
    levels: list[str] = []

    async def slow(change: ModuleChange) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0)
        levels.append(change.module.spec.log_level)
        running -= 1

    async with calling(slow, FakeClock()) as queue:
        for level in ("Info", "Debug", "Warn"):
            queue.put(at(level), 2)
        await settle()
        await settle()
    assert levels == ["Info", "Debug", "Warn"]


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_one_that_raises_is_logged_and_called_again(
    caplog: pytest.LogCaptureFixture, *, asynchronous: bool
) -> None:
    calls = 0

    def plain(_: ModuleChange) -> None:
        nonlocal calls
        calls += 1
        raise asyncio.CancelledError if calls == 1 else ValueError("the callback's own fault")

    async def coroutine(change: ModuleChange) -> None:
        plain(change)

    async with calling(coroutine if asynchronous else plain, FakeClock()) as queue:
        for revision, level in enumerate(("Info", "Debug", "Warn"), start=2):
            queue.put(at(level), revision)
        await settle()
        assert (queue.called, queue.failed) == (3, 3)
    assert "the callback's own fault" in caplog.text
    assert "failed for ab at revision 3" in caplog.text


async def test_one_that_hangs_is_cancelled_in_time(caplog: pytest.LogCaptureFixture) -> None:
    clock, cancelled = FakeClock(), asyncio.Event()

    async def hanging(_: ModuleChange) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with calling(hanging, clock) as queue:
        queue.put(at("Info"), 2)
        await clock.wait_sleeping()
        await clock.advance(4.9)
        assert not cancelled.is_set()
        await clock.advance(0.2)
        await cancelled.wait()
        queue.put(at("Debug"), 3)
        await settle()
        assert (queue.called, queue.timed_out) == (2, 1)
    assert "took longer than 5 s" in caplog.text


async def test_one_that_does_not_even_end_when_cancelled_is_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, release, told = FakeClock(), asyncio.Event(), asyncio.Event()

    async def stubborn(change: ModuleChange) -> None:
        if change.revision == 3:
            told.set()
            return
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    async with calling(stubborn, clock) as queue:
        queue.put(at("Info"), 2)
        queue.put(at("Debug"), 3)
        await clock.wait_sleeping()
        await clock.advance(5)
        await told.wait()
        assert "left alone" in caplog.text
        release.set()


async def test_one_that_holds_the_loop_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()

    def blocking(_: ModuleChange) -> None:
        # What advance() does to a clock, without giving the loop its turn.
        clock._elapsed += 0.5

    async with calling(blocking, clock) as queue:
        queue.put(at("Info"), 2)
        await settle()
    assert "held the event loop for 0.50 s" in caplog.text


async def test_one_that_is_too_slow_misses_the_oldest_and_never_the_newest() -> None:
    gate, levels = asyncio.Event(), []

    async def slow(change: ModuleChange) -> None:
        await gate.wait()
        levels.append(change.module.spec.args[0])

    async with calling(slow, FakeClock(), limit=3) as queue:
        for number in range(10):
            queue.put(Module().with_spec(args=(str(number),)), number)
            await settle()
        gate.set()
        await settle()
        await settle()
        assert levels == ["0", "7", "8", "9"]
        assert queue.dropped == 6


async def test_states_that_became_neighbours_and_are_the_same_call_nothing() -> None:
    gate, levels = asyncio.Event(), []

    async def slow(change: ModuleChange) -> None:
        await gate.wait()
        levels.append((change.old, change.module.spec.log_level))

    async with calling(slow, FakeClock(), limit=1) as queue:
        queue.put(at("Info"), 2)
        await settle()
        queue.put(at("Debug"), 3)
        queue.put(at("Info"), 4)
        gate.set()
        await settle()
    assert levels == [(None, "Info")]


async def test_closing_cancels_the_call_that_runs_and_drops_the_rest() -> None:
    cancelled = asyncio.Event()

    async def hanging(_: ModuleChange) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    before = asyncio.all_tasks()
    async with calling(hanging, FakeClock()) as queue:
        queue.put(at("Info"), 2)
        queue.put(at("Debug"), 3)
        await settle()
    assert cancelled.is_set()
    assert queue.called == 1
    await settle()
    assert asyncio.all_tasks() == before


async def test_a_callback_may_close_its_own_queue() -> None:
    closed = asyncio.Event()

    async def closing(_: ModuleChange) -> None:
        assert queue.stop() == set()
        closed.set()

    async with calling(closing, FakeClock()) as queue:
        queue.put(at("Info"), 2)
        queue.put(at("Debug"), 3)
        await closed.wait()
        await settle()
        assert queue.called == 1


_SET_BY_CALLBACK: ContextVar[str] = ContextVar("_SET_BY_CALLBACK", default="")


async def test_a_callback_that_waits_is_called_at_once_in_a_context_of_its_own() -> None:
    told: list[tuple[str, str]] = []

    def note(change: ModuleChange) -> None:
        told.append((change.module.spec.log_level, _SET_BY_CALLBACK.get()))
        _SET_BY_CALLBACK.set(change.module.spec.log_level)
        if change.revision == 2:
            # What it brings about itself waits until it has returned.
            queue.put(at("Warn"), 3)
            assert len(told) == 1

    async with calling(note, FakeClock()) as queue:
        await settle()
        queue.put(at("Info"), 2)
        assert told == [("Info", "")]
        queue.put(at("Debug"), 4)
        await settle()
        queue.put(at("Error"), 5)
        assert told == [("Info", ""), ("Warn", "Info"), ("Debug", "Warn"), ("Error", "Debug")]
        assert _SET_BY_CALLBACK.get() == ""


async def test_an_async_callback_that_waits_is_begun_in_the_next_turn_and_the_next_state_waits_for_it() -> None:
    gate, begun = asyncio.Event(), list[str]()

    async def slow(change: ModuleChange) -> None:
        begun.append(change.module.spec.log_level)
        await gate.wait()

    async with calling(slow, FakeClock()) as queue:
        await settle()
        queue.put(at("Info"), 2)
        await asyncio.sleep(0)
        assert begun == ["Info"]
        queue.put(at("Debug"), 3)
        await settle()
        assert begun == ["Info"]
        gate.set()
        await settle()
        assert begun == ["Info", "Debug"]


async def test_one_that_waited_may_close_its_own_queue_and_its_failure_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def closing(_: ModuleChange) -> None:
        assert queue.stop() == set()
        raise ValueError("after closing")

    async with calling(closing, FakeClock()) as queue:
        await settle()
        queue.put(at("Info"), 2)
        await settle()
        queue.put(at("Debug"), 3)
        await settle()
        assert (queue.called, queue.failed) == (1, 1)
    assert "after closing" in caplog.text


async def test_closing_drops_a_call_that_was_only_begun() -> None:
    begun = []

    async def note(change: ModuleChange) -> None:
        begun.append(change.revision)

    async with calling(note, FakeClock()) as queue:
        await settle()
        queue.put(at("Info"), 2)
        await asyncio.wait(queue.stop(), timeout=30)
        queue.start()
        await settle()
        queue.put(at("Debug"), 3)
        await settle()
        assert (begun, queue.failed) == ([3], 0)
