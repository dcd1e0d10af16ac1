"""What every cache of the gateway does: follow a prefix, keep the last state, and wait for one within bounds."""

from __future__ import annotations

import logging

import pytest

from corvo_agent.errors import DeadlineExceeded, Unavailable
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.testing import FakeClock

NAME = "node1-pen-npm"
HERE, THERE = Endpoint("10.0.0.1:1"), Endpoint("10.0.0.2:1")


async def announce(store: MemoryStore, endpoint: Endpoint) -> int:
    """Store an announcement; its revision."""
    return await store.put(endpoint_key(NAME), encode_endpoint(endpoint))


async def test_it_follows_until_it_is_left() -> None:
    store = MemoryStore()
    await announce(store, HERE)
    async with EndpointCache(store) as cache:
        await cache.wait_synced(60)
        assert (cache.synced, cache.get(NAME), len(cache)) == (True, HERE, 1)
        await cache.wait_for(await announce(store, THERE), 60)
        assert cache.get(NAME) == THERE
        await store.delete(endpoint_key(NAME))
        await cache.wait_until(lambda: not len(cache), "it is still there", 60)
    await announce(store, HERE)
    assert cache.get(NAME) is None


async def test_the_last_state_stays_while_the_store_is_away_and_grows_stale() -> None:
    clock, store = FakeClock(), MemoryStore()
    await announce(store, HERE)
    async with EndpointCache(store, clock=clock) as cache:
        await cache.wait_synced(60)
        store.go_away()
        before = cache.staleness()
        await clock.advance(60)
        assert cache.staleness() >= before + 60
        assert cache.get(NAME) == HERE


async def test_no_first_state_is_told_with_its_reason() -> None:
    store = MemoryStore()
    store.go_away()
    async with EndpointCache(store) as cache:
        assert cache.staleness() == float("inf")
        with pytest.raises(Unavailable, match=r"it is away|has not been read yet"):
            await cache.wait_synced(0.01)
        with pytest.raises(DeadlineExceeded, match=r"the cache: revision 7 was not reached within 0.01 s"):
            await cache.wait_for(7, 0.01)
        assert not cache.synced


async def test_an_announcement_that_cannot_be_read_counts_as_none(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    await announce(store, HERE)
    async with EndpointCache(store) as cache:
        with caplog.at_level(logging.WARNING):
            await cache.wait_for(await store.put(endpoint_key(NAME), b"{}"), 60)
        assert cache.get(NAME) is None
    assert "endpoint ignored: /corvo/v1/modules/node1-pen-npm/endpoint at revision" in caplog.text
