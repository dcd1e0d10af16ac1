"""Announcements on a real etcd: they outlive its data, and not their process."""

from __future__ import annotations

import pytest

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules import (
    ChangeType,
    Endpoint,
    EndpointLease,
    EndpointState,
    Watch,
    encode_endpoint,
    endpoint_key,
    find_endpoint,
)
from tests.etcd_cluster import EtcdCluster
from tests.integration.etcd_data import replace_data
from tests.integration.watching import NAME, etcd_store

pytestmark = pytest.mark.integration

ENDPOINT = Endpoint("127.0.0.1:7001", 11, 1_000_000_000, "1.0", "pen-spyglass")


async def test_it_comes_back_after_the_data_was_replaced() -> None:
    async with EtcdCluster() as cluster, etcd_store(cluster.endpoint) as store:
        async with EndpointLease(store.kv, NAME, ENDPOINT, ttl=1.5) as lease:
            await lease.wait_for(EndpointState.ANNOUNCED)
            await replace_data(cluster.members[0])
            async with Watch(store.kv, endpoint_key(NAME), exact=True) as watch:
                async for batch in watch:
                    if batch.changes:
                        break
            assert await find_endpoint(store.kv, NAME) == ENDPOINT
        assert await find_endpoint(store.kv, NAME) is None


async def test_it_ends_with_a_process_that_said_no_farewell(etcd: EmbeddedEtcd) -> None:
    async with etcd_store(etcd.endpoint) as store, Watch(store.kv, endpoint_key(NAME), exact=True) as watch:
        await anext(watch)
        # All that a killed process leaves behind: a lease that nobody renews.
        lease = await store.kv.grant_lease(1)
        await store.kv.create(endpoint_key(NAME), encode_endpoint(ENDPOINT), lease=lease)
        types = [change.type for _ in range(2) for change in (await anext(watch)).changes]
        assert types == [ChangeType.CREATED, ChangeType.DELETED]
        assert await find_endpoint(store.kv, NAME) is None
