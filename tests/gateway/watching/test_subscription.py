"""One watcher's queue: in order, bounded, and what ends it is told last."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.errors import ResourceExhausted, Unavailable
from corvo_agent.gateway.watching.cached_module import CachedModule
from corvo_agent.gateway.watching.events import Event, EventBatch
from corvo_agent.gateway.watching.subscription import Subscription
from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.selectors.list_options import ListOptions

from ..modules import module


def batch(*revisions: int) -> EventBatch:
    return EventBatch([Event(ChangeType.UPDATED, each, CachedModule(module("m", each))) for each in revisions])


def watcher(*initial: EventBatch, waiting: int = 10, first: int = 0) -> Subscription:
    return Subscription(ListOptions(), initial, waiting, first=first)


def revisions(found: EventBatch) -> list[int]:
    return [event.revision for event in found.events]


async def test_the_first_state_comes_first() -> None:
    found = watcher(batch(1), batch(2))
    found.push(batch(3))
    assert found.initial_left
    assert [revisions(await found.next_batch()) for _ in range(3)] == [[1], [2], [3]]
    assert (found.initial_left, found.waiting) == (False, 0)


async def test_a_wait_that_is_cancelled_loses_nothing() -> None:
    found = watcher()
    waiting = asyncio.create_task(found.next_batch())
    await asyncio.sleep(0)
    found.push(batch(1))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert revisions(await found.next_batch()) == [1]


async def test_what_is_older_than_its_beginning_is_not_wanted() -> None:
    found = watcher(first=5)
    found.push(batch(3, 4))
    found.push(batch(4, 5, 6))
    whole = batch(7, 8)
    found.push(whole)
    assert revisions(await found.next_batch()) == [5, 6]
    assert await found.next_batch() is whole
    assert found.waiting == 0


async def test_one_that_does_not_keep_up_is_told_so_and_holds_nothing() -> None:
    found = watcher(batch(1), waiting=3)
    found.push(batch(2, 3, 4))
    found.push(batch(5))
    assert not found.initial_left
    for _ in range(2):
        with pytest.raises(ResourceExhausted) as caught:
            await found.next_batch()
    assert caught.value.limit == 3
    found.push(batch(6))
    with pytest.raises(ResourceExhausted):
        await found.next_batch()


async def test_what_is_queued_is_read_before_the_end_and_the_first_end_counts() -> None:
    found = watcher()
    found.push(batch(1))
    found.end(Unavailable("the gateway", "it stops"))
    found.end(ResourceExhausted("watchers", 1))
    assert revisions(await found.next_batch()) == [1]
    with pytest.raises(Unavailable):
        await found.next_batch()


async def test_who_waits_hears_of_the_end() -> None:
    found = watcher()
    waiting = asyncio.create_task(found.next_batch())
    await asyncio.sleep(0)
    found.end(Unavailable("the gateway", "it stops"))
    with pytest.raises(Unavailable):
        await waiting


async def test_a_shortcut_is_taken_while_nothing_waits() -> None:
    found, taken = watcher(batch(1)), list[list[int]]()
    keeps_up = True

    def shortcut(each: EventBatch) -> bool:
        if keeps_up:
            taken.append(revisions(each))
        return keeps_up

    found.shortcut = shortcut
    found.push(batch(2))
    assert taken == []
    assert [revisions(await found.next_batch()) for _ in range(2)] == [[1], [2]]
    found.push(batch(3))
    assert (taken, found.waiting) == ([[3]], 0)
    keeps_up = False
    found.push(batch(4))
    keeps_up = True
    # Never past what waits already.
    found.push(batch(5))
    assert (taken, found.waiting) == ([[3]], 2)
    assert [revisions(await found.next_batch()) for _ in range(2)] == [[4], [5]]
    found.end(Unavailable("the gateway", "it stops"))
    assert found.shortcut is None
