"""Starts of tasks and threads are recorded while wanted, and nothing is left changed."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from typing import Any

from corvo_agent.profiles.recording.creation_stacks import TaskCreations, ThreadCreations
from corvo_agent.profiles.stacks.naming import FunctionNames


async def test_a_task_is_born_where_it_was_created() -> None:
    loop = asyncio.get_running_loop()
    creations = TaskCreations()
    creations.enable(loop)
    creations.enable(loop)
    task = asyncio.create_task(asyncio.sleep(0), name="poller")
    creations.disable(loop)
    creation = creations.find(task, FunctionNames())
    assert creation is not None
    assert creation.stack[0].function.endswith("test_a_task_is_born_where_it_was_created")
    assert 0 <= time.monotonic_ns() - creation.monotonic_ns < 60e9
    assert task.get_name() == "poller"
    await task


async def test_when_it_is_switched_off_nothing_is_left() -> None:
    loop = asyncio.get_running_loop()
    creations = TaskCreations()
    creations.enable(loop)
    creations.disable(loop)
    assert loop.get_task_factory() is None
    task = asyncio.create_task(asyncio.sleep(0))
    assert creations.find(task, FunctionNames()) is None
    await task


async def make_one() -> None:
    await asyncio.create_task(asyncio.sleep(0))


async def test_a_recorded_task_is_not_kept_alive() -> None:
    creations = TaskCreations()
    creations.enable(asyncio.get_running_loop())
    await make_one()
    creations.disable(asyncio.get_running_loop())
    # The loop itself still has the one that woke this one.
    await asyncio.sleep(0)
    gc.collect()
    assert creations.kept == 0


async def test_a_factory_of_the_service_stays_in_use_below_and_above() -> None:
    loop = asyncio.get_running_loop()
    made: list[str] = []

    def theirs(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        made.append("theirs")
        return asyncio.Task(coroutine, loop=loop, **options)

    loop.set_task_factory(theirs)
    creations = TaskCreations()
    creations.enable(loop)
    await asyncio.create_task(asyncio.sleep(0))
    assert made == ["theirs"]
    ours = loop.get_task_factory()
    assert ours is not None

    def above(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        made.append("above")
        return ours(loop, coroutine, **options)

    loop.set_task_factory(above)
    creations.disable(loop)
    assert loop.get_task_factory() is above
    task = asyncio.create_task(asyncio.sleep(0))
    assert creations.find(task, FunctionNames()) is None
    await task
    assert made == ["theirs", "above", "theirs"]
    creations.disable(loop)
    loop.set_task_factory(None)


def start_one() -> threading.Thread:
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    return thread


def test_threads_are_counted_by_the_stack_that_started_them() -> None:
    original = threading.Thread.start
    creations = ThreadCreations()
    with creations.recording(), creations.recording():
        assert creations.active
        threads = [start_one() for _ in range(3)]
    assert not creations.active
    assert threading.Thread.start is original
    start_one()
    names = FunctionNames()
    ((stack, count),) = creations.totals(names).items()
    assert (stack[0].function.rpartition(".")[2], count) == ("start_one", 3)
    creation = creations.find(threads[0], names)
    assert creation is not None
    assert creation.stack == stack


def test_a_wrapper_of_somebody_else_survives_and_records_once() -> None:
    original = threading.Thread.start
    creations = ThreadCreations()
    creations.enable()
    ours = threading.Thread.start

    def theirs(thread: threading.Thread) -> None:
        ours(thread)

    threading.Thread.start = theirs  # type: ignore[method-assign, assignment]
    try:
        creations.disable()
        assert threading.Thread.start is theirs
        start_one()
        assert creations.totals(FunctionNames()) == {}
        with creations.recording():
            start_one()
        assert list(creations.totals(FunctionNames()).values()) == [1]
    finally:
        threading.Thread.start = original  # type: ignore[method-assign]
