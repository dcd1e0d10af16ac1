"""What a suspended task waits for is read through everything that can stand between it and its future."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from corvo_agent.profiles.stacks.await_chain import MAX_AWAITS, READY, AwaitChain, Wait, await_chain, wait_of

from ..spawn import until


@asynccontextmanager
async def suspended(coroutine: Any) -> AsyncIterator[tuple[asyncio.Task[Any], AwaitChain]]:
    """A task that has run until it waits."""
    task = asyncio.create_task(coroutine)
    await until(lambda: task.done() or wait_of(task, await_chain(task.get_coro())) is not READY)
    try:
        yield task, await_chain(task.get_coro())
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def names(chain: AwaitChain) -> list[str]:
    return [frame.f_code.co_name for frame in chain.frames]


async def never() -> None:
    await asyncio.get_running_loop().create_future()


class Custom:
    def __await__(self) -> Generator[Any, None, None]:
        return never().__await__()


class Delegating:
    def __await__(self) -> Generator[Any, None, None]:
        yield from never().__await__()


async def stream() -> AsyncIterator[int]:
    yield 1
    await never()


async def read_stream() -> None:
    async for _ in stream():
        pass


async def through(awaitable: Awaitable[Any]) -> None:
    await awaitable


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: never(), ["never"]),
        (lambda: through(never()), ["through", "never"]),
        (lambda: through(Custom()), ["through", "never"]),
        (lambda: through(Delegating()), ["through", "__await__", "never"]),
        (read_stream, ["read_stream", "stream", "never"]),
    ],
)
async def test_the_chain_goes_down_to_the_innermost(make: Callable[[], Any], expected: list[str]) -> None:
    async with suspended(make()) as (task, chain):
        assert names(chain) == expected
        assert wait_of(task, chain) == Wait("waiting: future")


async def deep(depth: int) -> None:
    await (deep(depth - 1) if depth else never())


async def test_a_long_chain_is_cut() -> None:
    async with suspended(deep(MAX_AWAITS + 10)) as (_, chain):
        assert (len(chain.frames), chain.cut) == (MAX_AWAITS, True)
    async with suspended(deep(3)) as (_, chain):
        assert not chain.cut


async def test_a_finished_task_has_no_frames() -> None:
    task = asyncio.create_task(asyncio.sleep(0))
    await task
    assert await_chain(task.get_coro()) == AwaitChain((), ())


class Compiled:
    """As a coroutine of Cython is: the attributes, not the type."""

    cr_frame = None

    def __init__(self, awaited: Any) -> None:
        self.cr_await = awaited


async def test_a_compiled_coroutine_is_passed_through() -> None:
    inner = never()
    try:
        assert names(await_chain(Compiled(inner))) == ["never"]
    finally:
        inner.close()


async def wait_for_put(queue: asyncio.Queue[int]) -> None:
    await queue.put(1)
    await queue.put(2)


async def full_lock(lock: asyncio.Lock | asyncio.Semaphore) -> None:
    async with lock, lock:
        pass


async def wait_condition(condition: asyncio.Condition) -> None:
    async with condition:
        await condition.wait()


LOCK, SEMAPHORE, EVENT, CONDITION = asyncio.Lock, lambda: asyncio.Semaphore(1), asyncio.Event, asyncio.Condition
QUEUE: Callable[[], asyncio.Queue[int]] = lambda: asyncio.Queue(1)  # noqa: E731 - one of a row


@pytest.mark.parametrize(
    ("make", "wait", "state"),
    [
        (LOCK, full_lock, "waiting: lock"),
        (SEMAPHORE, full_lock, "waiting: semaphore"),
        (EVENT, lambda event: event.wait(), "waiting: event"),
        (CONDITION, wait_condition, "waiting: condition"),
        (QUEUE, lambda queue: queue.get(), "waiting: queue get"),
        (QUEUE, wait_for_put, "waiting: queue put"),
    ],
)
async def test_what_is_shared_is_told(make: Callable[[], Any], wait: Callable[[Any], Any], state: str) -> None:
    shared = make()
    async with suspended(wait(shared)) as (task, chain):
        assert wait_of(task, chain) == Wait(state, shared)


async def gathered(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.gather(*tasks)


async def completed(*tasks: asyncio.Task[Any]) -> None:
    for each in asyncio.as_completed(tasks):
        await each


async def nested(first: asyncio.Task[Any], second: asyncio.Task[Any]) -> None:
    await asyncio.gather(asyncio.gather(first), asyncio.shield(second))


async def shielded(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.shield(asyncio.gather(*tasks))


async def grouped() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(never(), name="member")


@pytest.mark.parametrize(
    ("make", "state", "count"),
    [
        (lambda first, second: through(first), "waiting: task", 1),
        (lambda first, second: gathered(first, second), "waiting: gather", 2),
        (lambda first, second: asyncio.wait({first, second}), "waiting: tasks", 2),
        (lambda first, second: asyncio.wait_for(first, 60), "waiting: task", 1),
        (lambda first, second: asyncio.wait_for(asyncio.gather(first, second), 60), "waiting: gather", 2),
        (lambda first, second: through(asyncio.shield(first)), "waiting: shield", 1),
        (shielded, "waiting: shield", 2),
        (nested, "waiting: gather", 2),
        (completed, "waiting: as completed", 2),
    ],
)
async def test_the_tasks_that_a_task_waits_for_are_told(make: Callable[..., Any], state: str, count: int) -> None:
    async with (
        suspended(never()) as (first, _),
        suspended(never()) as (second, _),
        suspended(make(first, second)) as (task, chain),
    ):
        wait = wait_of(task, chain)
        assert (wait.state, set(wait.tasks)) == (state, {first, second} if count == 2 else {first})


async def test_a_task_group_waits_for_its_members_and_a_sleep_for_nobody() -> None:
    async with suspended(grouped()) as (task, chain):
        wait = wait_of(task, chain)
        assert (wait.state, [each.get_name() for each in wait.tasks]) == ("waiting: task group", ["member"])
    async with suspended(asyncio.sleep(60)) as (task, chain):
        assert wait_of(task, chain) == Wait("waiting: sleep")


async def test_what_a_task_is_inside_of_is_known() -> None:
    lock = asyncio.Lock()

    async def hold() -> None:
        async with lock:
            await never()

    async with suspended(hold()) as (_, chain):
        assert list(chain.inside()) == [lock]
    async with suspended(never()) as (_, chain):
        assert list(chain.inside()) == []
