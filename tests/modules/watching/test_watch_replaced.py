"""A watch of a store whose data were replaced, and how that is told from a deletion."""

from __future__ import annotations

import pytest

from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.watching.batches import Cause
from corvo_agent.modules.watching.watch import Watch
from corvo_agent.testing import FakeClock, MemoryStore
from tests.modules.watching.stepping import advance_until, next_batch

DELETED = ChangeType.DELETED


@pytest.mark.parametrize("revisions_more", [0, 1, 50])
async def test_replaced_data_becomes_a_difference(revisions_more: int) -> None:
    clock, store = FakeClock(), MemoryStore()
    for key in ("/a", "/lost"):
        await store.put(key, b"1")
    async with Watch(store, "/", clock=clock) as watch:
        await anext(watch)
        store.replace_data([("/a", b"2")])
        # The same cluster id, as etcd has after a new start with an empty data directory.
        store.cluster = "memory-1"
        for _ in range(revisions_more):
            await store.put("/elsewhere", b"")
            await store.delete("/elsewhere")
        seen: dict[str, bytes] = {"/a": b"1", "/lost": b"1"}
        while seen != {"/a": b"2"}:
            for change in (await advance_until(clock, next_batch(watch))).changes:
                if change.type is DELETED:
                    del seen[change.key]
                else:
                    assert change.item is not None
                    seen[change.key] = change.item.value
        assert watch.statistics().resyncs == 1


@pytest.mark.parametrize("revisions_more", [0, 1, 50])
async def test_a_key_that_a_wiped_store_never_had_was_not_deleted(revisions_more: int) -> None:
    clock, store = FakeClock(), MemoryStore()
    await store.put("/a", b"1")
    async with Watch(store, "/a", exact=True, clock=clock) as watch:
        await anext(watch)
        store.replace_data()
        store.cluster = "memory-1"
        for _ in range(revisions_more):
            await store.put("/elsewhere", b"")
        batch = await advance_until(clock, next_batch(watch))
        assert [change.type for change in batch.changes] == [DELETED]
        assert (batch.cause, batch.replaced) == (Cause.RESYNC, True)


@pytest.mark.parametrize("compacted", [False, True])
async def test_a_deletion_that_only_a_snapshot_tells_is_one(compacted: bool) -> None:
    clock, store = FakeClock(), MemoryStore()
    await store.put("/a", b"1")
    async with Watch(store, "/a", exact=True, clock=clock) as watch:
        await anext(watch)
        store.remove_silently("/a")
        last = await store.put("/elsewhere", b"")
        if compacted:
            store.compact(last)
        batch = await advance_until(clock, next_batch(watch))
        assert [change.type for change in batch.changes] == [DELETED]
        assert (batch.cause, batch.replaced) == (Cause.RESYNC, False)


async def test_another_cluster_is_recognised_by_its_id_alone() -> None:
    clock, store = FakeClock(), MemoryStore()
    await store.put("/a", b"1")
    async with Watch(store, "/", clock=clock) as watch:
        await anext(watch)
        await clock.wait_sleeping()
        store.cluster = "another"
        batch = await advance_until(clock, next_batch(watch))
        assert (batch.cause, batch.changes) == (Cause.RESYNC, ())
