"""Where agents answer is what the store says last; what cannot be read is nowhere."""

from __future__ import annotations

import orjson
import pytest

from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.modules.announcing.endpoint import AppliedLevel, Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.controls.codec import control_key
from tests.diagnostics.kit import until

from ..conftest import Store
from ..modules import module


async def test_it_follows_what_is_announced(store: Store) -> None:
    await store.put_endpoint("a1", "10.0.0.1:1")
    async with EndpointCache(store) as cache:
        await cache.wait_synced(60)
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
        await cache.wait_synced(60)
        assert len(cache) == 1
        await store.put(endpoint_key("a1"), b'{"address": 7}')
        await until(lambda: cache.get("a1") is None)
    assert caplog.text.count("endpoint ignored") == 2


async def test_what_else_lies_beside_modules_is_no_endpoint(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    await store.put("/corvo/v1/modules/a1/instruments/7", b"garbage")
    await store.put_endpoint("a1", "10.0.0.1:1")
    async with EndpointCache(store) as cache:
        await cache.wait_synced(60)
        assert len(cache) == 1
    assert caplog.text == ""


async def test_it_follows_controls_and_what_is_applied(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    await store.put(control_key("a1", "1"), b'{"level":"Debug","by":"ops"}')
    await store.put(control_key("a1", "2"), b'{"level":"loud"}')
    async with EndpointCache(store) as cache:
        await cache.wait_synced(60)
        level = cache.level_of(module("a1"))
        assert ([each.id for each in level.controls], level.applied) == (["1"], None)
        assert [name for name, _ in cache.controlled()] == ["a1"]
        assert orjson.loads(b"{" + cache.json_of("a1")[1:] + b"}") == {
            "controls": [{"id": "1", "revision": "2", "level": "Debug", "by": "ops"}]
        }
        assert cache.json_of("a2") == b""
        endpoint = Endpoint("10.0.0.1:1", level=AppliedLevel("Debug", "override"))
        await store.put(endpoint_key("a1"), encode_endpoint(endpoint))
        revision = (await store.delete(control_key("a1", "1"))).mod_revision
        await until(lambda: cache.level_of(module("a1")).controls == ())
        assert cache.revision > revision
        assert list(cache.controlled()) == []
        assert orjson.loads(b"{" + cache.json_of("a1")[1:] + b"}") == {
            "applied": {"level": "Debug", "source": "override"}
        }
    assert caplog.text.count("control ignored") == 1


async def test_agents_of_an_older_version_are_ignored_with_one_warning(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a1", "a2"):
        await store.put(f"/corvo/v1/endpoints/{name}", b'{"address":"10.0.0.1:1"}')
    async with EndpointCache(store) as cache:
        await cache.wait_synced(60)
        assert len(cache) == 0
        await cache.wait_for(await store.put_endpoint("a3", "10.0.0.1:1"), 60)
    assert caplog.messages == [
        "/corvo/v1/endpoints/a1 and what lies beside it is ignored: an older version announces itself there"
    ]


async def test_another_store_behind_the_same_name_brings_its_own(store: Store) -> None:
    await store.put_endpoint("a1", "10.0.0.1:1")
    async with EndpointCache(store) as cache:
        await cache.wait_synced(60)
        store.replace_data()
        await until(lambda: len(cache) == 0)
        await store.put_endpoint("a2", "10.0.0.1:2")
        await until(lambda: cache.get("a2") is not None)
