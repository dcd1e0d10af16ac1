"""Much at once: bursts, large values, awkward text, many watches. Everything arrives, complete and in order."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing

import pytest
import pytest_asyncio

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.kv import Change, ChangeType

pytestmark = pytest.mark.integration

TEXTS = ['{"a":"}{"}\n', "\n\n\n", "日本語 é \U0001f600", '{"result":{"events":[]}}\n', "\\u007b\\", '"' * 9]


@pytest_asyncio.fixture
async def store(each_etcd: EmbeddedEtcd) -> AsyncIterator[EtcdStore]:
    async with EtcdStore(EtcdOptions.from_urls(each_etcd.endpoint, call_timeout=60.0)) as opened:
        yield opened


async def collect(store: EtcdStore, prefix: str, start: int, count: int) -> list[Change]:
    changes: list[Change] = []
    async with aclosing(store.changes(prefix, start)) as batches:
        async for batch in batches:
            changes += batch
            if len(changes) >= count:
                return changes
    raise AssertionError("the stream ended by itself")


async def start_of(store: EtcdStore) -> int:
    return (await store.range("", limit=1)).revision + 1


def in_order(changes: list[Change]) -> bool:
    return all(one.revision < other.revision for one, other in itertools.pairwise(changes))


async def test_a_burst_of_2000_puts(store: EtcdStore) -> None:
    start = await start_of(store)
    live = asyncio.create_task(collect(store, "k/", start, 2000))
    written: dict[int, bytes] = {}

    async def write(worker: int) -> None:
        for number in range(100):
            value = f"{worker}/{number} {TEXTS[number % len(TEXTS)]}".encode()
            written[await store.put(f"k/{worker}", value)] = value

    await asyncio.gather(*(write(worker) for worker in range(20)))
    for changes in (await live, await collect(store, "k/", start, 2000)):
        assert in_order(changes)
        assert {change.revision: change.item.value for change in changes if change.item} == written


async def test_values_of_a_megabyte(store: EtcdStore) -> None:
    start = await start_of(store)
    live = asyncio.create_task(collect(store, "k/", start, 8))
    values = [random.Random(number).randbytes(1_000_000) for number in range(4)]
    for value in values:
        await store.put("k/a", value)
        await store.delete("k/a")
    # Live one by one; afterwards together, in fragments.
    for changes in (await live, await collect(store, "k/", start, 8)):
        assert [change.type for change in changes] == [ChangeType.CREATED, ChangeType.DELETED] * 4
        assert [change.item.value for change in changes if change.item] == values


async def test_a_lease_that_ends_with_many_long_keys_is_one_revision(store: EtcdStore) -> None:
    """Its deletions are one revision of some 4 MB, more than a message holds: it comes whole all the same."""
    start = await start_of(store)
    lease = await store.grant_lease(60)
    # A deletion tells the key alone.
    long = "日本語" * 10_000
    await asyncio.gather(*(store.put(f"k/{number:02}{long}", b"", lease=lease) for number in range(40)))
    await store.revoke_lease(lease)
    async with aclosing(store.changes("k/", start)) as batches:
        received, last = 0, 0
        async for batch in batches:
            assert batch[0].revision > last
            received, last = received + len(batch), batch[-1].revision
            assert all(change.key.endswith(long) for change in batch)
            if received == 80:
                break
    assert [change.type for change in batch[-40:]] == [ChangeType.DELETED] * 40
    assert {change.revision for change in batch[-40:]} == {last}


async def test_a_hundred_watches_and_calls_beside_them(store: EtcdStore) -> None:
    start = await start_of(store)
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(aclosing(store.changes(f"k/{n}/", start))) for n in range(100)]
        await asyncio.gather(*(store.put(f"k/{n}/a", b"1") for n in range(100)))
        first = await asyncio.gather(*(anext(stream) for stream in streams))
        assert [[change.key for change in batch] for batch in first] == [[f"k/{n}/a"] for n in range(100)]
        assert store.statistics().open_watches == 100
        await asyncio.gather(*(store.put(f"k/{n}/a", b"2") for n in range(100)))
        second = await asyncio.gather(*(anext(stream) for stream in streams))
        assert [batch[0].type for batch in second] == [ChangeType.UPDATED] * 100
    assert store.statistics().open_watches == 0
    assert store.statistics().failures == 0
