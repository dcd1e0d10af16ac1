"""One entry a module, the latest word on it; work that waits for its time gives way to what is told meanwhile."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.modules import ModuleStatus
from corvo_agent.testing import FakeClock
from corvo_agent.writer.source import Present
from corvo_agent.writer.work_queue import Work, WorkQueue

GONE = Work("s", None)


def said(name: str, count: int) -> Work:
    return Work("s", Present(name, ModuleStatus(restart_count=count)))


async def take(queue: WorkQueue) -> tuple[str, Work]:
    taken = await queue.take()
    await queue.done()
    return taken


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9)), max_size=40))
async def test_each_module_comes_once_with_the_latest_word_in_the_order_of_the_first(
    words: list[tuple[str, int]],
) -> None:
    queue = WorkQueue(100, FakeClock())
    for name, count in words:
        await queue.put(name, said(name, count))
    names = list(dict.fromkeys(name for name, _ in words))
    assert len(queue) == len(names)
    assert [await take(queue) for _ in names] == [(name, said(name, dict(words)[name])) for name in names]


async def test_who_outruns_it_waits_but_news_of_what_is_in_it_is_taken_at_once() -> None:
    queue = WorkQueue(1, FakeClock())
    await queue.put("a", said("a", 1))
    adding = asyncio.ensure_future(queue.put("b", said("b", 1)))
    await queue.put("a", said("a", 2))
    assert not adding.done()
    assert await take(queue) == ("a", said("a", 2))
    await adding
    assert await take(queue) == ("b", said("b", 1))


async def test_deferred_work_comes_when_its_time_has_come() -> None:
    clock = FakeClock()
    queue = WorkQueue(10, clock)
    queue.defer("late", said("late", 1), 20, owed=True)
    queue.defer("soon", said("soon", 1), 10, owed=True)
    for name, seconds in (("soon", 10), ("late", 10)):
        taking = asyncio.ensure_future(queue.take())
        await clock.wait_sleeping()
        await clock.advance(seconds - 1)
        assert not taking.done()
        await clock.advance(1)
        assert (await taking)[0] == name
        await queue.done()


async def test_work_deferred_while_the_consumer_waits_comes_in_its_time() -> None:
    clock = FakeClock()
    queue = WorkQueue(10, clock)
    taking = asyncio.create_task(take(queue))
    await asyncio.sleep(0)
    queue.defer("a", GONE, 3, owed=True)
    await clock.wait_sleeping()
    await clock.advance(3)
    assert await taking == ("a", GONE)


async def test_deferred_work_gives_way_to_a_later_word() -> None:
    queue = WorkQueue(10, FakeClock())
    queue.defer("a", GONE, 10, owed=False)
    await queue.put("a", said("a", 2))
    assert (queue.lingering, len(queue)) == (0, 1)
    queue.defer("a", said("a", 1), 10, owed=True)
    queue.put_back("a", said("a", 1))
    assert await take(queue) == ("a", said("a", 2))
    assert len(queue) == 0


async def test_being_told_again_that_it_is_gone_does_not_shorten_or_lengthen_the_wait() -> None:
    queue = WorkQueue(10, FakeClock())
    queue.defer("a", GONE, 10, owed=False)
    await queue.put("a", GONE)
    assert (queue.lingering, len(queue)) == (1, 0)


async def test_it_is_idle_when_nothing_is_owed() -> None:
    clock = FakeClock()
    queue = WorkQueue(10, clock)
    queue.defer("lingers", GONE, 1000, owed=False)
    await queue.wait_idle()
    queue.defer("owed", said("owed", 1), 10, owed=True)
    idle = asyncio.ensure_future(queue.wait_idle())
    taking = asyncio.ensure_future(queue.take())
    await clock.wait_sleeping()
    await clock.advance(10)
    await taking
    assert not idle.done()
    await queue.done()
    await idle


async def test_cancelling_who_takes_loses_nothing() -> None:
    queue = WorkQueue(10, FakeClock())
    taking = asyncio.ensure_future(queue.take())
    await asyncio.sleep(0)
    taking.cancel()
    await asyncio.wait({taking})
    await queue.put("a", said("a", 1))
    assert await take(queue) == ("a", said("a", 1))
