"""Every Module in memory, and its watchers told of what changes."""

from __future__ import annotations

import json

import pytest

from corvo_agent.errors import DeadlineExceeded, Unavailable
from corvo_agent.gateway.watching.module_cache import ModuleCache
from corvo_agent.gateway.watching.watch_hub import WatchHub
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.names import key_of
from corvo_agent.modules.selectors.list_options import ListOptions
from tests.diagnostics.kit import until

from ..conftest import Store
from ..modules import module

LIVE = ListOptions(resource_version="-1")


@pytest.fixture
def hub() -> WatchHub:
    return WatchHub()


def names(cache: ModuleCache) -> list[str]:
    return [entry.module.name for entry in cache.entries()]


async def test_it_holds_all_of_them_by_name(store: Store, hub: WatchHub) -> None:
    for name in ("c1", "a1", "b1"):
        await store.put_module(module(name))
    async with ModuleCache(store, hub) as cache:
        await cache.wait_synced(60)
        assert names(cache) == ["a1", "b1", "c1"]
        assert len(cache) == 3
        found = cache.get("b1")
        assert found is not None
        assert json.loads(found.json)["meta"]["name"] == "b1"
        assert cache.get("nobody") is None


async def test_what_changes_is_there_and_told_in_order(store: Store, hub: WatchHub) -> None:
    async with ModuleCache(store, hub) as cache:
        await cache.wait_synced(60)
        watcher = hub.subscribe(LIVE, cache)
        await store.put_module(module("a1"))
        await store.put_module(module("a1", level="Debug"))
        last = await store.put_module(module("b1"))
        await store.delete(key_of("a1"))
        await until(lambda: cache.revision > last)
        assert names(cache) == ["b1"]
        told: list[tuple[str, str]] = []
        while len(told) < 4:
            told += [(event.type.value, event.entry.module.name) for event in (await watcher.next_batch()).events]
        assert told == [("Created", "a1"), ("Updated", "a1"), ("Created", "b1"), ("Deleted", "a1")]


async def test_a_deletion_has_a_revision_of_its_own_and_the_last_state(store: Store, hub: WatchHub) -> None:
    written = await store.put_module(module("a1", level="Debug"))
    async with ModuleCache(store, hub) as cache:
        await cache.wait_synced(60)
        watcher = hub.subscribe(LIVE, cache)
        await store.delete(key_of("a1"))
        (event,) = (await watcher.next_batch()).events
        assert event.entry.module.revision == event.revision > written
        assert event.entry.module.spec.log_level == "Debug"


async def test_a_value_that_is_no_module_is_there_with_the_reason(
    store: Store, hub: WatchHub, caplog: pytest.LogCaptureFixture
) -> None:
    await store.put_module(module("a1", level="Debug"))
    await store.put(key_of("b1"), b"garbage")
    async with ModuleCache(store, hub) as cache:
        await cache.wait_synced(60)
        assert (names(cache), cache.undecodable) == (["a1", "b1"], 1)
        watcher = hub.subscribe(LIVE, cache)
        await store.put(key_of("a1"), b'{"spec": {"log-level": "loud"}, "status": {"node": "n1"}}')
        (event,) = (await watcher.next_batch()).events
        assert (event.type.value, event.entry.module.status.node) == ("Updated", "n1")
        assert b'"invalid":"spec.log-level: unknown level' in event.entry.json
        assert cache.undecodable == 2
        await store.put_module(module("b1"))
        (event,) = (await watcher.next_batch()).events
        assert (event.type.value, event.entry.module.name) == ("Updated", "b1")
        await store.delete(key_of("a1"))
        await until(lambda: names(cache) == ["b1"] and not cache.undecodable)
    assert key_of("b1") in caplog.text
    assert key_of("a1") in caplog.text


async def test_what_happened_while_the_store_was_away_is_told_as_the_difference(store: Store, hub: WatchHub) -> None:
    for name in ("stays", "goes", "changes"):
        await store.put_module(module(name))
    async with ModuleCache(store, hub) as cache:
        await cache.wait_synced(60)
        watcher = hub.subscribe(LIVE, cache)
        store.go_away()
        store.come_back()
        await store.delete(key_of("goes"))
        await store.put_module(module("changes", level="Debug"))
        await store.put_module(module("comes"))
        told: dict[str, str] = {}
        while len(told) < 3:
            told |= {event.entry.module.name: event.type.value for event in (await watcher.next_batch()).events}
        assert told == {"goes": "Deleted", "changes": "Updated", "comes": "Created"}


async def test_waiting_is_bounded_and_watchers_hear_that_it_ends(store: Store, hub: WatchHub) -> None:
    store.go_away()
    async with ModuleCache(store, hub) as cache:
        with pytest.raises(Unavailable):
            await cache.wait_synced(0.01)
        store.come_back()
        await cache.wait_synced(20)
        with pytest.raises(DeadlineExceeded):
            await cache.wait_for(10**9, 0.01)
        watcher = hub.subscribe(LIVE, cache)
    with pytest.raises(Unavailable):
        await watcher.next_batch()


async def test_they_are_known_in_the_order_of_their_last_writes_too(store: Store, hub: WatchHub) -> None:
    def order() -> list[str]:
        return [entry.module.name for entry in cache.by_revision()]

    for name in ("c1", "a1", "b1"):
        await store.put_module(module(name))
    async with ModuleCache(store, hub) as cache:
        await cache.wait_synced(60)
        assert order() == ["c1", "a1", "b1"]
        await store.put_module(module("c1", level="Debug"))
        await store.delete(key_of("a1"))
        await cache.wait_for(await store.put_module(module("a1")), 60)
        assert order() == ["b1", "c1", "a1"]
        # Other data, whose revisions are lower.
        value = encode_module(module("z1"))
        store.replace_data([(key_of("b1"), value), (key_of("a1"), value), (key_of("d1"), value)])
        await until(lambda: len(cache) == 3 and cache.get("d1") is not None)
        assert order() == ["b1", "a1", "d1"]
