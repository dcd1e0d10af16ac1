"""What every KeyValueStore does, checked on each of them alike."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import AlreadyExists, Compacted, NotFound, Unavailable, VersionConflict
from corvo_agent.modules.deferred import DeferredStore
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.kv import Change, ChangeType, HasProofs, KeyRange, KeyValue, KeyValueStore
from corvo_agent.modules.memory import MemoryStore
from tests.conftest import wipe
from tests.etcd_cluster import ETCD_NAMES
from tests.short_lease import create_for_a_second

AWKWARD = [b"", b"\0\xff\n", b'{"a":"}{"}\n{', "日本語 é \U0001f600".encode(), bytes(range(256)) * 10]


@pytest_asyncio.fixture(params=["memory", "deferred", *ETCD_NAMES])
async def store(request: pytest.FixtureRequest, etcd_servers: dict[str, EmbeddedEtcd]) -> AsyncIterator[KeyValueStore]:
    if request.param == "memory":
        opened: KeyValueStore = MemoryStore()
    elif request.param == "deferred":
        opened = DeferredStore(MemoryStore)
    else:
        opened = EtcdStore(EtcdOptions.from_urls(wipe(etcd_servers[request.param]).endpoint, call_timeout=60.0))
    async with opened as entered:
        yield entered


async def take(store: KeyValueStore, prefix: str, start: int, count: int, *, exact: bool = False) -> list[Change]:
    """The first ``count`` changes from ``start`` on; every batch ends with a whole revision."""
    changes: list[Change] = []
    async with aclosing(store.changes(prefix, start, exact=exact)) as batches:
        async for batch in batches:
            assert batch
            changes += batch
            if len(changes) >= count:
                break
    assert len(changes) == count
    return changes


async def revision(store: KeyValueStore) -> int:
    return (await store.range("")).revision


async def test_a_key_that_is_not_there_is_none(store: KeyValueStore) -> None:
    assert await store.get("a") is None
    assert await store.get("a", serializable=True) is None
    found = await store.range("a")
    assert found.items == ()
    assert found.revision >= 1
    assert found.cluster


@pytest.mark.parametrize("value", AWKWARD)
async def test_values_come_back_byte_for_byte(store: KeyValueStore, value: bytes) -> None:
    written = await store.create("a", value)
    assert await store.get("a") == KeyValue("a", value, written, written)
    assert await store.get("a", serializable=True) == KeyValue("a", value, written, written)
    assert (await store.range("a", exact=True)).items == (KeyValue("a", value, written, written),)
    (change,) = await take(store, "a", written, 1)
    assert change.item == KeyValue("a", value, written, written)


@pytest.mark.parametrize("key", ["/venice/config/x", "日本/é", "a b\n{}", "\x7f", "\udcff"])
async def test_keys_are_any_text(store: KeyValueStore, key: str) -> None:
    written = await store.put(key, b"v")
    assert await store.get(key) == KeyValue(key, b"v", written, written)
    assert [item.key for item in (await store.range(key)).items] == [key]
    (change,) = await take(store, key, written, 1, exact=True)
    assert change.key == key
    assert (await store.delete(key)).key == key


async def test_create_refuses_what_exists(store: KeyValueStore) -> None:
    await store.create("a", b"1")
    before = await revision(store)
    with pytest.raises(AlreadyExists) as caught:
        await store.create("a", b"1")
    assert (caught.value.kind, caught.value.name) == ("key", "a")
    assert await revision(store) == before
    await store.delete("a")
    assert await store.create("a", b"2") > before


async def test_update_needs_the_key(store: KeyValueStore) -> None:
    for expected in (None, 0, 1):
        with pytest.raises(NotFound) as caught:
            await store.update("a", b"1", expected=expected)
        assert (caught.value.kind, caught.value.name) == ("key", "a")
    created = await store.put("a", b"1")
    updated = await store.update("a", b"2")
    assert updated > created
    assert await store.get("a") == KeyValue("a", b"2", created, updated)


async def test_update_compares_and_swaps(store: KeyValueStore) -> None:
    first = await store.put("a", b"1")
    second = await store.update("a", b"2", expected=first)
    for expected in (first, 0, second + 1):
        with pytest.raises(VersionConflict) as caught:
            await store.update("a", b"3", expected=expected)
        assert (caught.value.name, caught.value.expected, caught.value.actual) == ("a", expected, second)
    assert await store.get("a") == KeyValue("a", b"2", first, second)


async def test_of_many_swaps_at_once_one_wins(store: KeyValueStore) -> None:
    first = await store.put("a", b"0")
    outcomes = await asyncio.gather(
        *(store.update("a", b"%d" % number, expected=first) for number in range(10)), return_exceptions=True
    )
    (won,) = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert [type(outcome) for outcome in outcomes if outcome != won] == [VersionConflict] * 9
    item = await store.get("a")
    assert item is not None
    assert item.mod_revision == won
    assert item.value == b"%d" % outcomes.index(won)


async def test_delete_gives_the_last_item(store: KeyValueStore) -> None:
    created = await store.put("a", b"1")
    updated = await store.put("a", b"2")
    with pytest.raises(VersionConflict) as caught:
        await store.delete("a", expected=created)
    assert (caught.value.expected, caught.value.actual) == (created, updated)
    assert await store.delete("a", expected=updated) == KeyValue("a", b"2", created, updated)
    for expected in (None, updated):
        with pytest.raises(NotFound):
            await store.delete("a", expected=expected)


async def test_a_range_is_sorted_and_knows_its_prefix(store: KeyValueStore) -> None:
    for key in ("b/2", "b/10", "b0", "a/1", "b/1", "c", "b"):
        await store.put(key, key.encode())
    assert [item.key for item in (await store.range("b/")).items] == ["b/1", "b/10", "b/2"]
    assert [item.key for item in (await store.range("b")).items] == ["b", "b/1", "b/10", "b/2", "b0"]
    assert [item.key for item in (await store.range("b", exact=True)).items] == ["b"]
    assert [item.key for item in (await store.range("")).items] == ["a/1", "b", "b/1", "b/10", "b/2", "b0", "c"]
    assert [item.key for item in (await store.range("b", limit=2)).items] == ["b", "b/1"]
    assert [item.value for item in (await store.range("b/", keys_only=True)).items] == [b"", b"", b""]


async def test_a_large_range_is_whole_and_of_one_revision(store: KeyValueStore) -> None:
    keys = [f"k/{number:04}" for number in range(1003)]
    await asyncio.gather(*(store.put(key, b"x") for key in keys))
    before = await revision(store)
    found = await store.range("k/")
    assert [item.key for item in found.items] == keys
    assert found.revision == before
    assert [item.key for item in (await store.range("k/", limit=501)).items] == keys[:501]


async def test_what_was_written_since_and_how_many_there_are(store: KeyValueStore) -> None:
    keys = [f"k/{number}" for number in range(9)]
    for key in keys:
        await store.put(key, b"x")
    await store.put("other", b"x")
    before = await store.count("k/")
    assert (before.keys, before.revision) == (9, await revision(store))
    assert (await store.range("k/", newer_than=before.revision)).items == ()
    await store.put("k/3", b"y")
    await store.delete("k/4")
    newest = await store.range("k/", newer_than=before.revision, keys_only=True)
    assert [(item.key, item.mod_revision) for item in newest.items] == [("k/3", before.revision + 1)]
    after = await store.count("k/")
    assert (after.keys, after.revision, after.cluster) == (8, before.revision + 2, newest.cluster)
    assert (await store.count("nothing/")).keys == 0


async def test_changes_tell_everything_in_order(store: KeyValueStore) -> None:
    start = await revision(store) + 1
    created = await store.put("m/a", b"1")
    updated = await store.put("m/a", b"2")
    await store.put("other", b"")
    await store.delete("m/a")
    again = await store.create("m/a", b"3")
    assert await take(store, "m/", start, 4) == [
        Change(ChangeType.CREATED, "m/a", created, KeyValue("m/a", b"1", created, created)),
        Change(ChangeType.UPDATED, "m/a", updated, KeyValue("m/a", b"2", created, updated)),
        Change(ChangeType.DELETED, "m/a", again - 1, None),
        Change(ChangeType.CREATED, "m/a", again, KeyValue("m/a", b"3", again, again)),
    ]
    assert [change.revision for change in await take(store, "m/", updated, 3)] == [updated, again - 1, again]


async def test_changes_of_one_key_are_not_those_of_its_prefix(store: KeyValueStore) -> None:
    start = await revision(store) + 1
    await store.put("m/ab", b"")
    await store.put("m/a", b"")
    assert [change.key for change in await take(store, "m/a", start, 1, exact=True)] == ["m/a"]


async def test_several_ranges_are_read_at_one_revision(store: KeyValueStore) -> None:
    await store.put("m", b"1")
    for index in range(3):
        await store.put(f"p/{index}", b"2")
    await store.put("q", b"3")
    found = await store.range("m", exact=True, also=[KeyRange("p/")])
    assert [item.key for item in found.items] == ["m", "p/0", "p/1", "p/2"]
    assert found.revision == await revision(store)
    assert [item.key for item in (await store.range("p/", limit=2, also=[KeyRange("q")])).items] == ["p/0", "p/1", "q"]
    bare = await store.range("m", exact=True, keys_only=True, also=[KeyRange("nowhere")])
    assert [(item.key, item.value) for item in bare.items] == [("m", b"")]


async def test_several_ranges_are_whole_when_one_is_large(store: KeyValueStore) -> None:
    for start in range(0, 1100, 50):
        await asyncio.gather(*(store.put(f"p/{start + index:04}", b"v") for index in range(50)))
    await store.put("z", b"1")
    found = await store.range("p/", also=[KeyRange("z", exact=True)])
    assert [item.key for item in found.items] == [f"p/{index:04}" for index in range(1100)] + ["z"]


async def test_one_stream_tells_the_changes_of_several_ranges(store: KeyValueStore) -> None:
    first = await store.put("m", b"1")
    await store.put("p/a", b"1")
    after = await store.put("p/b", b"1")
    told: list[tuple[str, int]] = []
    async with aclosing(store.changes("m", first, exact=True, also=[(KeyRange("p/"), after)])) as batches:
        last = 0
        async for batch in batches:
            told += [(change.key, change.revision) for change in batch]
            if not last and len(told) >= 2:
                await store.put("m2", b"x")
                await store.put("p/c", b"2")
                last = await store.put("m", b"2")
            if last and (told[-1][1] == last or len(told) >= 4):
                break
    assert sorted(told) == [("m", first), ("m", last), ("p/b", after), ("p/c", last - 1)]


async def test_a_value_is_told_as_it_was(store: KeyValueStore) -> None:
    before = await revision(store)
    first = await store.put("a", b"1")
    await store.put("b", b"x")
    await store.put("a", b"2")
    last = (await store.delete("a")).mod_revision + 1
    assert await store.get("a", revision=before) is None
    assert await store.get("a", revision=first) == await store.get("a", revision=first + 1)
    assert await store.get("a", revision=first) == KeyValue("a", b"1", first, first)
    assert await store.get("a", revision=first + 2) == KeyValue("a", b"2", first, first + 2)
    assert await store.get("a", revision=last) is None


async def test_changes_arrive_live_while_others_write(store: KeyValueStore) -> None:
    start = await revision(store) + 1
    watching = asyncio.create_task(take(store, "m/", start, 100))
    for number in range(100):
        await store.put(f"m/{number % 7}", b"%d" % number)
    changes = await watching
    assert [change.item.value for change in changes if change.item] == [b"%d" % number for number in range(100)]
    revisions = [change.revision for change in changes]
    assert revisions == sorted(set(revisions))


async def test_a_stream_that_is_closed_early_leaves_the_store_usable(store: KeyValueStore) -> None:
    start = await revision(store) + 1
    await store.put("a", b"1")
    async with aclosing(store.changes("", start)) as batches:
        await anext(batches)
    waiting = asyncio.ensure_future(anext(store.changes("", start + 1)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await store.get("a") is not None


async def test_a_lease_takes_its_keys_along(store: KeyValueStore) -> None:
    start = await revision(store) + 1
    lease = await store.grant_lease(30)
    assert await store.keep_lease(lease) >= 30
    await store.create("l/a", b"1", lease=lease)
    await store.put("l/b", b"2", lease=lease)
    item = await store.get("l/a")
    assert item is not None
    assert item.lease == lease
    await store.revoke_lease(lease)
    changes = await take(store, "l/", start, 4)
    assert [(change.type, change.key) for change in changes[2:]] == [
        (ChangeType.DELETED, "l/a"),
        (ChangeType.DELETED, "l/b"),
    ]
    assert changes[2].revision == changes[3].revision
    assert (await store.range("l/")).items == ()


async def test_a_key_written_without_the_lease_leaves_it(store: KeyValueStore) -> None:
    lease = await store.grant_lease(30)
    created = await store.create("a", b"1", lease=lease)
    await store.update("a", b"2", expected=created)
    await store.revoke_lease(lease)
    item = await store.get("a")
    assert item is not None
    assert item.lease == 0


async def test_a_lease_that_is_gone_is_told(store: KeyValueStore) -> None:
    lease = await store.grant_lease(30)
    await store.revoke_lease(lease)
    await store.revoke_lease(lease)
    await store.put("a", b"")
    for call in (
        store.keep_lease(lease),
        store.put("a", b"", lease=lease),
        store.update("a", b"", lease=lease),
        store.create("b", b"", lease=lease),
    ):
        with pytest.raises(NotFound) as caught:
            await call
        assert (caught.value.kind, caught.value.name) == ("lease", str(lease))


async def test_a_lease_ends_by_itself(store: KeyValueStore) -> None:
    start = await revision(store) + 1
    await create_for_a_second(store, "l/a", b"1")
    changes = await take(store, "l/", start, 2)
    assert [change.type for change in changes] == [ChangeType.CREATED, ChangeType.DELETED]


async def test_a_closed_store_ends_its_streams(store: KeyValueStore) -> None:
    start = await revision(store) + 1
    await store.put("a", b"")
    stream = store.changes("", start)
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    await store.__aexit__(None, None, None)
    with pytest.raises(Unavailable):
        await waiting


async def test_a_revision_that_is_gone_is_told(store: KeyValueStore, request: pytest.FixtureRequest) -> None:
    first = await store.put("a", b"1")
    last = await store.put("a", b"2")
    made = await store._made() if isinstance(store, DeferredStore) else store
    if isinstance(made, MemoryStore):
        made.compact(last)
    else:
        servers = request.getfixturevalue("etcd_servers")
        etcd = servers[request.node.callspec.params["store"]]
        process = await asyncio.create_subprocess_exec(etcd.etcdctl, "--endpoints", etcd.endpoint, "compact", str(last))
        assert await process.wait() == 0
    with pytest.raises(Compacted) as caught:
        await take(store, "", first, 1)
    assert (caught.value.revision, caught.value.compact_revision) == (first, last)
    assert [change.revision for change in await take(store, "", last, 1)] == [last]
    with pytest.raises(Compacted):
        await store.get("a", revision=first)


async def test_a_renewal_tells_how_the_store_stands(store: KeyValueStore) -> None:
    assert isinstance(store, HasProofs)
    lease = await store.grant_lease(60)
    assert store.last_proof() is None
    written = await store.put("p/a", b"")
    before = time.monotonic()
    await store.keep_lease(lease)
    proof = store.last_proof()
    assert proof is not None
    assert (proof.revision, proof.cluster) == (written, (await store.range("")).cluster)
    assert before <= proof.at <= time.monotonic()
    async with aclosing(store.changes("p/", written)) as batches:
        await anext(batches)
        await store.keep_lease(lease)
        assert (proof := store.last_proof()) is not None
        assert proof.streams
    # One that does not exist any more was asked for all the same.
    await store.revoke_lease(lease)
    await store.put("p/a", b"")
    with pytest.raises(NotFound):
        await store.keep_lease(lease)
    assert (proof := store.last_proof()) is not None
    assert proof.revision == written + 1
