"""Stalls of a loop, waits of tasks and threads at locks are seen with the line that makes them."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable

import pytest

from corvo_agent.profiles.pacing.loops import Loops
from corvo_agent.profiles.pacing.pace import Cancelled, Pace, off_loop
from corvo_agent.profiles.pprof.model import Frame, Label, Sample
from corvo_agent.profiles.recording import contention
from corvo_agent.profiles.recording.contention import OTHER, ContentionWatch, Delays


def watch_here() -> ContentionWatch:
    loops = Loops()
    loops.watch_running()
    return ContentionWatch(loops)


def waiting(delays: Delays, function: str) -> list[Sample]:
    return [each for each in delays.samples() if any(frame.function.endswith(function) for frame in each.stack)]


async def seen(watch: ContentionWatch, condition: Callable[[], object]) -> None:
    """Let ``watch`` look until ``condition`` holds; the test's timeout bounds it."""

    def look(pace: Pace) -> None:
        while not condition():
            watch.run(pace, 0.02)

    await off_loop(look)


def hold_up_the_loop(seconds: float) -> None:
    time.sleep(seconds)


async def test_a_stall_of_the_loop_names_the_line_that_stalls_it() -> None:
    watch = watch_here()

    async def stalling() -> None:
        while True:
            await asyncio.sleep(0)
            hold_up_the_loop(0.12)

    task = asyncio.create_task(stalling(), name="staller")
    await seen(watch, lambda: waiting(watch.stalls, "hold_up_the_loop"))
    task.cancel()
    (sample,) = waiting(watch.stalls, "hold_up_the_loop")
    assert sample.stack[0].function.endswith("hold_up_the_loop")
    assert sample.values[0] >= 1
    assert sample.values[1] > 50_000_000
    assert Label("state", "event loop stalled") in sample.labels
    assert Label("task", "staller") in sample.labels
    assert watch.mutex.samples() == []


async def test_a_loop_that_turns_does_not_stall() -> None:
    watch = watch_here()
    await off_loop(lambda pace: watch.run(pace, 0.1))
    assert not [each for each in watch.block.samples() if Label("state", "event loop stalled") in each.labels]


async def test_a_task_at_a_lock_is_in_both_and_one_at_a_queue_only_blocks() -> None:
    watch = watch_here()
    lock: asyncio.Lock = asyncio.Lock()
    queue: asyncio.Queue[int] = asyncio.Queue()
    await lock.acquire()

    async def needs_lock() -> None:
        async with lock:
            pass

    async def needs_item() -> None:
        await queue.get()

    tasks = [asyncio.create_task(needs_lock()), asyncio.create_task(needs_item())]
    await seen(watch, lambda: any(each.values[1] for each in waiting(watch.block, "needs_item")))
    for task in tasks:
        task.cancel()
    (at_lock,) = waiting(watch.mutex, "needs_lock")
    assert at_lock.values[0] == 1
    assert at_lock.values[1] > 0
    assert Label("state", "waiting: lock") in at_lock.labels
    assert waiting(watch.block, "needs_lock") == [at_lock]
    assert waiting(watch.mutex, "needs_item") == []
    assert Label("state", "waiting: queue get") in waiting(watch.block, "needs_item")[0].labels


def stand_at(lock: threading.Lock) -> None:
    with lock:
        pass


async def test_a_thread_at_a_lock_is_counted_once_and_with_its_time() -> None:
    watch = watch_here()
    lock = threading.Lock()
    lock.acquire()
    thread = threading.Thread(target=stand_at, args=(lock,), name="stander")
    thread.start()
    await seen(watch, lambda: sum(each.values[1] for each in waiting(watch.mutex, "stand_at")) > 50_000_000)
    lock.release()
    thread.join()
    (sample,) = waiting(watch.mutex, "stand_at")
    assert sample.values[0] == 1
    assert Label("thread", "stander") in sample.labels


async def test_a_thread_at_a_queue_is_counted_with_what_it_waits_for() -> None:
    watch = watch_here()
    items: queue.Queue[int] = queue.Queue()

    def needs_item_of_thread() -> None:
        items.get()

    thread = threading.Thread(target=needs_item_of_thread)
    thread.start()
    await seen(watch, lambda: waiting(watch.mutex, "needs_item_of_thread"))
    items.put(1)
    thread.join()
    (sample,) = waiting(watch.mutex, "needs_item_of_thread")
    assert Label("state", "waiting: queue get") in sample.labels


async def test_watching_ends_when_it_is_cancelled() -> None:
    watch, pace = watch_here(), Pace()
    pace.cancel()
    with pytest.raises(Cancelled):
        watch.run(pace)


async def test_a_loop_that_closes_meanwhile_is_forgotten() -> None:
    loops, loop = Loops(), asyncio.new_event_loop()
    loops.watch(loop, 0x42)
    watch = ContentionWatch(loops)
    await off_loop(lambda pace: watch.run(pace, 0.03))
    loop.close()
    await off_loop(lambda pace: watch.run(pace, 0.03))
    assert watch.block.samples() == []


def test_places_past_the_bound_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contention, "MAX_STACKS", 1)
    delays = Delays()
    for name in ("a", "b", "c", "a"):
        delays.add((Frame(name),), (), 1, 10)
    assert delays.samples() == [Sample((Frame("a"),), (2, 20)), Sample(OTHER, (2, 20))]
