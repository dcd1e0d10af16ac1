"""Histories in a store: written by several at once, and gone some time after their Modules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from corvo_agent.modules.history.entry import DELETE, LEVEL, HistoryEntry
from corvo_agent.modules.history.store import KEPT_AFTER_DELETION, HistoryStore
from corvo_agent.modules.history.value import history_key
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.testing import FakeClock

NAME = "node1-shop"


@pytest.fixture
async def kv() -> AsyncIterator[MemoryStore]:
    async with MemoryStore() as kept:
        # A history tells of revisions before its own.
        for _ in range(200):
            await kept.put("/elsewhere", b"")
        yield kept


def level(revision: int, to: str = "Debug") -> HistoryEntry:
    return HistoryEntry(NAME, LEVEL, 1, revision, revision - 1, level_to=to)


async def test_several_that_write_at_once_lose_nothing(kv: MemoryStore) -> None:
    stores = [HistoryStore(kv) for _ in range(5)]
    await asyncio.gather(*(store.add(NAME, [level(2 + n), level(3 + n)]) for n, store in enumerate(stores)))
    assert [each.revision for each in await stores[0].read(NAME)] == [7, 6, 5, 4, 3, 2]
    at = (await kv.range(history_key(NAME), exact=True)).items[0].mod_revision
    await stores[0].add(NAME, [level(4)])
    assert (await kv.range(history_key(NAME), exact=True)).items[0].mod_revision == at


async def test_a_value_that_is_none_gives_way(kv: MemoryStore, caplog: pytest.LogCaptureFixture) -> None:
    await kv.put(history_key(NAME), b"?")
    assert [each.revision for each in await HistoryStore(kv).add(NAME, [level(4)])] == [4]
    assert "a history begins anew" in caplog.text


async def test_it_outlives_its_module_for_a_week() -> None:
    clock = FakeClock()
    async with MemoryStore(clock=clock) as kv:
        for _ in range(20):
            await kv.put("/elsewhere", b"")
        store = HistoryStore(kv, clock=clock)
        gone = HistoryEntry(NAME, DELETE, 1, 9, 8)
        await store.add(NAME, [level(4), gone])
        await clock.advance(KEPT_AFTER_DELETION - 60)
        assert len(await store.read(NAME)) == 2
        # It is there again, and was changed.
        await store.add(NAME, [level(12)])
        await clock.advance(2 * KEPT_AFTER_DELETION)
        assert len(await store.read(NAME)) == 3
        # Deleted, and nothing saw it.
        await store.tidy([])
        await store.tidy([])
        await clock.advance(KEPT_AFTER_DELETION - 60)
        assert len(await store.read(NAME)) == 3
        await clock.advance(120)
        assert await store.read(NAME) == ()


async def test_a_module_that_is_there_again_keeps_its_history(kv: MemoryStore) -> None:
    store = HistoryStore(kv)
    await store.add(NAME, [HistoryEntry(NAME, DELETE, 1, 9, 8)])
    await store.tidy([NAME])
    (item,) = (await kv.range(history_key(NAME), exact=True)).items
    assert item.lease == 0
