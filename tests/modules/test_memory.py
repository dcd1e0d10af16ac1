"""The store in memory behaves as etcd does, and misbehaves when told to."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from corvo_agent.errors import AlreadyExists, Compacted, NotFound, Unavailable, VersionConflict
from corvo_agent.modules.kv import Change, ChangeType
from corvo_agent.testing import FakeClock, MemoryStore


async def take(store: MemoryStore, prefix: str, start: int, count: int, *, exact: bool = False) -> list[Change]:
    """The first ``count`` changes of a stream."""
    found: list[Change] = []
    async with aclosing(store.changes(prefix, start, exact=exact)) as stream:
        async for batch in stream:
            found += batch
            if len(found) >= count:
                break
    return found


async def test_writes_count_revisions_and_keep_to_their_conditions() -> None:
    store = MemoryStore()
    assert await store.create("/a", b"1") == 2
    with pytest.raises(AlreadyExists):
        await store.create("/a", b"2")
    assert await store.update("/a", b"2", expected=2) == 3
    with pytest.raises(VersionConflict) as caught:
        await store.update("/a", b"3", expected=2)
    assert caught.value.actual == 3
    with pytest.raises(NotFound):
        await store.update("/b", b"")
    assert await store.put("/b", b"x") == 4
    item = await store.get("/a")
    assert item is not None
    assert (item.value, item.create_revision, item.mod_revision) == (b"2", 2, 3)
    with pytest.raises(VersionConflict):
        await store.delete("/a", expected=2)
    assert await store.delete("/a", expected=3) == item
    with pytest.raises(NotFound):
        await store.delete("/a")
    assert await store.get("/a") is None
    assert store.revision == 5


async def test_a_range_is_a_prefix_or_one_key_in_order_of_keys() -> None:
    store = MemoryStore()
    for key in ("/p/b", "/p/a", "/p", "/q"):
        await store.put(key, b"v")
    found = await store.range("/p/")
    assert [item.key for item in found.items] == ["/p/a", "/p/b"]
    assert found.revision == 5
    assert [item.key for item in (await store.range("/p", exact=True)).items] == ["/p"]
    assert [item.value for item in (await store.range("/", limit=2, keys_only=True)).items] == [b"", b""]


async def test_a_stream_starts_at_any_revision_that_is_kept() -> None:
    store = MemoryStore()
    await store.put("/p/a", b"1")
    await store.put("/q", b"1")
    await store.put("/p/a", b"2")
    await store.delete("/p/a")
    changes = await take(store, "/p/", 2, 3)
    assert [(change.type, change.revision) for change in changes] == [
        (ChangeType.CREATED, 2),
        (ChangeType.UPDATED, 4),
        (ChangeType.DELETED, 5),
    ]
    assert changes[2].item is None
    assert [change.revision for change in await take(store, "/p/a", 5, 1, exact=True)] == [5]
    store.compact(4)
    assert [change.revision for change in await take(store, "/p/", 4, 2)] == [4, 5]
    with pytest.raises(Compacted) as caught:
        await take(store, "/p/", 3, 1)
    assert caught.value.compact_revision == 4


async def test_a_stream_waits_for_what_comes() -> None:
    store = MemoryStore()
    task = asyncio.create_task(take(store, "/p/", 2, 2))
    await asyncio.sleep(0)
    await store.put("/other", b"")
    await store.put("/p/a", b"1")
    await store.put("/p/b", b"1")
    assert [change.key for change in await task] == ["/p/a", "/p/b"]


async def test_the_history_is_bounded() -> None:
    store = MemoryStore(history=2)
    for value in (b"1", b"2", b"3"):
        await store.put("/a", value)
    assert [change.revision for change in await take(store, "/a", 3, 2)] == [3, 4]
    with pytest.raises(Compacted):
        await take(store, "/a", 2, 1)


async def test_a_lease_takes_its_keys_with_it() -> None:
    clock = FakeClock()
    async with MemoryStore(clock=clock) as store:
        lease = await store.grant_lease(10)
        await store.create("/a", b"", lease=lease)
        await store.create("/b", b"", lease=lease)
        await store.put("/c", b"", lease=lease)
        await store.put("/c", b"", lease=0)
        await clock.advance(6)
        assert await store.keep_lease(lease) == 10
        await clock.advance(6)
        assert await store.get("/a") is not None
        changes = asyncio.create_task(take(store, "/", store.revision + 1, 2))
        await asyncio.sleep(0)
        await clock.advance(5)
        assert [(change.key, change.type) for change in await changes] == [
            ("/a", ChangeType.DELETED),
            ("/b", ChangeType.DELETED),
        ]
        assert await store.get("/c") is not None
        with pytest.raises(NotFound):
            await store.keep_lease(lease)
        with pytest.raises(NotFound):
            await store.put("/a", b"", lease=lease)
        await store.revoke_lease(lease)


async def test_a_revoked_lease_deletes_only_the_keys_that_are_still_its_own() -> None:
    store = MemoryStore()
    old, new = await store.grant_lease(10), await store.grant_lease(10)
    await store.put("/a", b"old", lease=old)
    await store.put("/b", b"old", lease=old)
    await store.put("/a", b"new", lease=new)
    await store.delete("/b")
    await store.revoke_lease(old)
    item = await store.get("/a")
    assert item is not None
    assert item.lease == new


async def test_streams_can_be_broken_and_the_store_can_be_away() -> None:
    store = MemoryStore()
    broken = asyncio.create_task(take(store, "/", 2, 1))
    await asyncio.sleep(0)
    store.disconnect()
    with pytest.raises(Unavailable):
        await broken
    away = asyncio.create_task(take(store, "/", 2, 1))
    await asyncio.sleep(0)
    store.go_away()
    with pytest.raises(Unavailable):
        await away
    with pytest.raises(Unavailable):
        await store.get("/a")
    with pytest.raises(Unavailable):
        await take(store, "/", 2, 1)
    store.come_back()
    assert await store.put("/a", b"") == 2


async def test_a_silent_stream_hears_nothing_while_new_ones_do() -> None:
    store = MemoryStore()
    silent = asyncio.create_task(take(store, "/", 2, 1))
    await asyncio.sleep(0)
    store.silence_streams()
    await store.put("/a", b"")
    assert len(await take(store, "/", 2, 1)) == 1
    assert not silent.done()
    store.remove_silently("/a")
    assert (await store.range("/")).items == ()
    silent.cancel()
    await asyncio.wait({silent})


async def test_replaced_data_is_another_cluster_that_starts_again() -> None:
    store = MemoryStore()
    await store.put("/a", b"")
    await store.put("/a", b"")
    before = store.cluster
    store.replace_data([("/b", b"2")])
    assert store.cluster != before
    found = await store.range("/")
    assert [(item.key, item.mod_revision) for item in found.items] == [("/b", 2)]
    assert [change.key for change in await take(store, "/", 1, 1)] == ["/b"]


async def test_leaving_it_ends_its_streams() -> None:
    async with MemoryStore() as store:
        stream = asyncio.create_task(take(store, "/", 2, 1))
        await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await stream
