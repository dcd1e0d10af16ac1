"""Several watches as one stream: first what there is, then what comes, and nothing left behind."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from corvo_agent.errors import Unavailable
from corvo_agent.gateway.grpc.merged_watch import merged
from corvo_agent.gateway.watching.cached_module import CachedModule
from corvo_agent.gateway.watching.events import Event, EventBatch
from corvo_agent.gateway.watching.subscription import Subscription
from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.selectors.list_options import ListOptions

from ..modules import module


def batch(name: str) -> EventBatch:
    return EventBatch([Event(ChangeType.UPDATED, 1, CachedModule(module(name, 1)))])


def watcher(*initial: str) -> Subscription:
    return Subscription(ListOptions(), map(batch, initial), 10)


def name_of(found: EventBatch | None) -> str:
    return "" if found is None else found.events[0].entry.module.name


async def test_what_there_is_comes_first_and_then_a_word() -> None:
    one, two = watcher("a1", "a2"), watcher("b1")
    one.push(batch("a3"))
    async with aclosing(merged([one, two])) as batches:
        assert [name_of(await anext(batches)) for _ in range(5)] == ["a1", "a2", "b1", "", "a3"]
        two.push(batch("b2"))
        assert name_of(await anext(batches)) == "b2"
        one.push(batch("a4"))
        one.push(batch("a5"))
        assert [name_of(await anext(batches)) for _ in range(2)] == ["a4", "a5"]


async def test_one_alone_has_no_word() -> None:
    one = watcher("a1")
    one.push(batch("a2"))
    async with aclosing(merged([one])) as batches:
        assert [name_of(await anext(batches)) for _ in range(2)] == ["a1", "a2"]


async def test_the_end_of_one_is_the_end_and_leaves_no_task() -> None:
    one, two = watcher(), watcher()
    async with aclosing(merged([one, two])) as batches:
        assert await anext(batches) is None
        two.end(Unavailable("the watch", "it was closed"))
        with pytest.raises(Unavailable):
            await anext(batches)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_one_that_is_left_leaves_no_task() -> None:
    async with aclosing(merged([watcher(), watcher()])) as batches:
        assert await anext(batches) is None
        waiting = asyncio.ensure_future(anext(batches))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert asyncio.all_tasks() == {asyncio.current_task()}
