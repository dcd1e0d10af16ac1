"""Work in threads: in slices, fair to others, cancelled at once, closed where it ran."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator

import pytest

from corvo_agent.errors import Unavailable
from corvo_agent.logs import worker as worker_module
from corvo_agent.logs.worker import Worker


async def test_calls_run_in_a_thread_of_its_own() -> None:
    async with Worker() as worker:
        thread = await worker.call(threading.current_thread)
    assert thread.name.startswith("corvo-logs")


async def test_a_generator_runs_to_its_result_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "SLICE", 0.0)
    order = []

    def steps(name: str, count: int) -> Generator[None, None, str]:
        for _ in range(count):
            order.append(name)
            yield
        return name

    async with Worker(threads=1) as worker:
        found = await asyncio.gather(worker.drive(steps("long", 50)), worker.drive(steps("short", 2)))
    assert list(found) == ["long", "short"]
    # The short one did not wait for the long one to end.
    assert order[-1] == "long"
    assert order.index("short") < 10


async def test_what_the_generator_raises_is_raised() -> None:
    def steps() -> Generator[None, None, int]:
        yield
        raise ValueError("broken")

    async with Worker() as worker:
        with pytest.raises(ValueError, match="broken"):
            await worker.drive(steps())


async def test_cancelling_leaves_at_once_and_closes_the_generator_when_its_slice_ends() -> None:
    started, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    def steps() -> Generator[None, None, int]:
        try:
            started.set()
            go_on.wait(10)
            yield
            while True:
                yield
        finally:
            closed.set()

    async with Worker() as worker:
        task = asyncio.create_task(worker.drive(steps()))
        assert await asyncio.to_thread(started.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not closed.is_set()
        go_on.set()
        assert await asyncio.to_thread(closed.wait, 10)


async def test_a_closed_worker_says_so() -> None:
    closed = []

    def steps() -> Generator[None, None, int]:
        try:
            yield
            return 1
        finally:
            closed.append(True)

    worker = Worker()
    generator = steps()
    next(generator)
    worker.close()
    worker.close()
    with pytest.raises(Unavailable):
        await worker.drive(generator)
    assert closed == [True]
    with pytest.raises(Unavailable):
        await worker.call(int)


async def test_a_closed_worker_may_be_opened_again() -> None:
    worker = Worker()
    worker.open()
    for _ in range(2):
        async with worker:
            assert await worker.call(lambda: 1 + 1) == 2
        with pytest.raises(Unavailable):
            await worker.call(lambda: 1 + 1)
