"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import urllib.request
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from corvo_agent.embedded import EmbeddedEtcd
from tests.etcd_cluster import every_etcd, version_name

_EVERY_KEY = b'{"key":"AA==","range_end":"AA=="}'


def _wipe(server: EmbeddedEtcd) -> EmbeddedEtcd:
    with urllib.request.urlopen(f"{server.endpoint}/v3/kv/deleterange", _EVERY_KEY, timeout=10) as answer:
        answer.read()
    return server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def etcd_server() -> AsyncIterator[EmbeddedEtcd]:
    async with EmbeddedEtcd() as server:
        yield server


@pytest_asyncio.fixture(
    scope="session", loop_scope="session", params=[pytest.param(each, id=version_name(each)) for each in every_etcd()]
)
async def each_etcd_server(request: pytest.FixtureRequest) -> AsyncIterator[EmbeddedEtcd]:
    async with EmbeddedEtcd(binaries=request.param) as server:
        yield server


@pytest.fixture
def etcd(etcd_server: EmbeddedEtcd) -> EmbeddedEtcd:
    """An etcd without keys. It is shared: do not stop it, use ``etcd_cluster.EtcdCluster`` for that."""
    return _wipe(etcd_server)


@pytest.fixture
def each_etcd(each_etcd_server: EmbeddedEtcd) -> EmbeddedEtcd:
    """As ``etcd``, once with every etcd program that this machine has."""
    return _wipe(each_etcd_server)
