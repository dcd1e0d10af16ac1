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
from tests.short_lease import create_for_a_second

pytestmark = pytest.mark.integration

ENDPOINT = Endpoint("127.0.0.1:7001", 11, 1_000_000_000, "1.0", "pen-spyglass")


async def test_it_comes_back_after_the_data_was_replaced() -> None:
    async with EtcdCluster() as cluster, etcd_store(cluster.endpoint) as store:
        async with EndpointLease(store.kv, NAME, ENDPOINT, ttl=1.5) as lease:
            await lease.wait_for(EndpointState.ANNOUNCED)
            await replace_data(cluster.members[0])
            async with Watch(store.kv, endpoint_key(NAME), exact=True) as watch:
                async for _ in watch:
                    # Its lease may end between two looks of ours, and is replaced by another.
                    if await find_endpoint(store.kv, NAME) == ENDPOINT:
                        break
        assert await find_endpoint(store.kv, NAME) is None


async def test_it_ends_with_a_process_that_said_no_farewell(etcd: EmbeddedEtcd) -> None:
    async with etcd_store(etcd.endpoint) as store, Watch(store.kv, endpoint_key(NAME), exact=True) as watch:
        await anext(watch)
        # All that a killed process leaves behind.
        await create_for_a_second(store.kv, endpoint_key(NAME), encode_endpoint(ENDPOINT))
        types: list[ChangeType] = []
        while ChangeType.DELETED not in types:
            types += [change.type for change in (await anext(watch)).changes]
        assert types == [ChangeType.CREATED, ChangeType.DELETED]
        assert await find_endpoint(store.kv, NAME) is None
