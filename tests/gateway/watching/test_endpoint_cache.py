"""Where agents answer is what the store says last; what cannot be read is nowhere."""

from __future__ import annotations

import pytest

from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.modules.announcing.endpoint import Endpoint, endpoint_key
from tests.diagnostics.kit import until

from ..conftest import Store


async def test_it_follows_what_is_announced(store: Store) -> None:
    await store.put_endpoint("a1", "10.0.0.1:1")
    async with EndpointCache(store) as cache:
        await cache.wait_synced(5)
        assert cache.get("a1") == Endpoint("10.0.0.1:1")
        assert cache.get("a2") is None
        await store.put_endpoint("a2", "10.0.0.1:2")
        await store.put_endpoint("a1", "10.0.0.9:1")
        await until(lambda: cache.get("a1") == Endpoint("10.0.0.9:1") and len(cache) == 2)
        await store.delete(endpoint_key("a1"))
        await until(lambda: cache.get("a1") is None)
        assert len(cache) == 1


async def test_a_value_that_cannot_be_read_takes_the_endpoint_away(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await store.put_endpoint("a1", "10.0.0.1:1")
    await store.put(endpoint_key("a2"), b"garbage")
    async with EndpointCache(store) as cache:
        await cache.wait_synced(5)
        assert len(cache) == 1
        await store.put(endpoint_key("a1"), b'{"address": 7}')
        await until(lambda: cache.get("a1") is None)
    assert caplog.text.count("endpoint ignored") == 2


async def test_what_else_lies_beside_modules_is_no_endpoint(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    await store.put("/corvo/v1/modules/a1/controls/7", b"garbage")
    await store.put_endpoint("a1", "10.0.0.1:1")
    async with EndpointCache(store) as cache:
        await cache.wait_synced(5)
        assert len(cache) == 1
    assert caplog.text == ""


async def test_agents_of_an_older_version_are_ignored_with_one_warning(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a1", "a2"):
        await store.put(f"/corvo/v1/endpoints/{name}", b'{"address":"10.0.0.1:1"}')
    async with EndpointCache(store) as cache:
        await cache.wait_synced(5)
        assert len(cache) == 0
        await cache.wait_for(await store.put_endpoint("a3", "10.0.0.1:1"), 5)
    assert caplog.messages == [
        "/corvo/v1/endpoints/a1 and what lies beside it is ignored: an older version announces itself there"
    ]


async def test_another_store_behind_the_same_name_brings_its_own(store: Store) -> None:
    await store.put_endpoint("a1", "10.0.0.1:1")
    async with EndpointCache(store) as cache:
        await cache.wait_synced(5)
        store.replace_data()
        await until(lambda: len(cache) == 0)
        await store.put_endpoint("a2", "10.0.0.1:2")
        await until(lambda: cache.get("a2") is not None)
