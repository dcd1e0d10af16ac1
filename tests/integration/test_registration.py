"""A living agent writes what vanished again, whatever took it away; with real etcds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.options import AgentOptions
from corvo_agent.modules import (
    EtcdOptions,
    EtcdStore,
    Module,
    ModuleSpec,
    ModuleStore,
    Watch,
    endpoint_key,
    find_endpoint,
    key_of,
)
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.writer.inventory import InventorySource
from corvo_agent.writer.writer import ModuleWriter
from tests.etcd_cluster import EtcdCluster
from tests.integration.etcd_data import fill, make_room, replace_data, restore
from tests.integration.watching import NAME, etcd_store
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.integration

STOCK = "node1-stock"
OPTIONS = AgentOptions(check_interval=2, lease_ttl=1.5, restart_reason="a test")


@asynccontextmanager
async def agent_of(url: str) -> AsyncIterator[Agent]:
    """An agent of the Module over a store of its own, registered and announced."""
    store = EtcdStore(EtcdOptions.from_urls(url, connect_timeout=1.0, call_timeout=1.0))
    async with Agent("pen-spyglass", node="node1", store=store, apply_level=None, options=OPTIONS) as agent:
        assert agent.watcher is not None
        assert agent.endpoint is not None
        await agent.watcher.wait_for(lambda module: module is not None)
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        yield agent


@asynccontextmanager
async def writer_of(url: str, folder: Path) -> AsyncIterator[None]:
    """A writer over a store of its own, whose source knows of the module ``STOCK``."""
    inventory = folder / "inventory.toml"
    inventory.write_text(f'[modules.{STOCK}]\nnode = "node1"\nmodule = "stock"\n')
    async with etcd_store(url, call_timeout=1.0) as store:
        task = asyncio.create_task(ModuleWriter(store, [InventorySource(inventory)]).run())
        yield
        task.cancel()
        await asyncio.wait({task})


async def settle(agent: Agent, store: ModuleStore) -> Module:
    """Give the Module a label and a level, and wait until the agent has seen both; the Module."""
    labels = {"team": "net"}
    module = await store.modify(NAME, lambda old: old.with_meta(labels=labels).with_spec(log_level="Debug"))
    assert agent.watcher is not None
    await agent.watcher.wait_for(lambda seen: seen is not None and seen.spec == module.spec)
    return module


async def there(store: ModuleStore, name: str = NAME, *, unlike: Module | None = None) -> Module:
    """The Module when it is there, as another object than ``unlike``."""
    async with store.watch(name, check_interval=2) as watch:
        async for _ in watch:
            if await store.kv.get(key_of(name)) is not None:
                module = await store.get(name)
                if unlike is None or module.meta.uuid != unlike.meta.uuid:
                    return module
    raise AssertionError("the watch ended")


async def marked(store: ModuleStore, labels: Mapping[str, str]) -> None:
    """Wait until the module of the writer has ``labels``."""
    async with store.watch(STOCK) as watch:
        async for _ in watch:
            if (await store.get(STOCK)).meta.labels == labels:
                return


async def announced(agent: Agent, store: ModuleStore) -> None:
    """Wait until others find the agent."""
    async with Watch(store.kv, endpoint_key(NAME), exact=True, check_interval=2) as watch:
        async for _ in watch:
            found = await find_endpoint(store.kv, NAME)
            if found is not None and found.address == agent.address:
                return


class Listener(logging.Handler):
    """Hears warnings that hold ``text``, and sets ``heard`` at the first."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.told: list[str] = []
        self.heard = asyncio.Event()
        self._text = text

    def emit(self, record: logging.LogRecord) -> None:
        if self._text in record.getMessage():
            self.told.append(record.getMessage())
            self.heard.set()


async def deleted_below_a_writer(folder: Path) -> None:
    async with (
        EtcdCluster() as cluster,
        etcd_store(cluster.endpoint) as store,
        writer_of(cluster.endpoint, folder),
    ):
        await there(store, STOCK)
        before = await store.modify(STOCK, lambda old: old.with_spec(log_level="Debug"))
        # Every label of people at once: the mark of the writer comes back.
        await store.modify(STOCK, lambda old: old.with_meta(labels={"team": "net"}))
        await marked(store, {**before.meta.labels, "team": "net"})
        await cluster.etcdctl("del", key_of(STOCK))
        after = await there(store, STOCK, unlike=before)
        assert (after.meta.labels, after.spec) == ({**before.meta.labels, "team": "net"}, ModuleSpec())
        assert after.status == before.status


async def deleted() -> None:
    async with EtcdCluster() as cluster, etcd_store(cluster.endpoint) as store, agent_of(cluster.endpoint) as agent:
        before = await settle(agent, store)
        await cluster.etcdctl("del", key_of(NAME))
        await cluster.etcdctl("del", endpoint_key(NAME))
        after = await there(store, unlike=before)
        assert (after.meta.labels, after.spec) == (before.meta.labels, ModuleSpec())
        assert after.status == before.status
        await announced(agent, store)


async def deleted_unseen_and_compacted() -> None:
    async with (
        EtcdCluster() as cluster,
        TcpProxy(cluster.endpoint) as proxy,
        etcd_store(cluster.endpoint) as store,
        agent_of(proxy.url) as agent,
    ):
        before = await settle(agent, store)
        proxy.refuse()
        await store.delete(NAME)
        revision = await store.kv.put("/elsewhere", b"")
        await cluster.etcdctl("compact", str(revision))
        proxy.allow()
        after = await there(store, unlike=before)
        assert (after.meta.labels, after.spec) == (before.meta.labels, ModuleSpec())


async def deleted_behind_a_dead_connection() -> None:
    async with (
        EtcdCluster() as cluster,
        TcpProxy(cluster.endpoint) as proxy,
        etcd_store(cluster.endpoint) as store,
        agent_of(proxy.url) as agent,
    ):
        before = await settle(agent, store)
        proxy.freeze()
        await store.delete(NAME)
        await store.kv.delete(endpoint_key(NAME))
        after = await there(store, unlike=before)
        assert (after.meta.labels, after.spec) == (before.meta.labels, ModuleSpec())
        await announced(agent, store)


async def test_what_was_deleted_comes_back_whatever_hid_the_deletion(tmp_path: Path) -> None:
    # At the same time, as each of them waits for some seconds.
    async with asyncio.TaskGroup() as tasks:
        for each in (
            deleted(),
            deleted_unseen_and_compacted(),
            deleted_behind_a_dead_connection(),
            deleted_below_a_writer(tmp_path),
        ):
            tasks.create_task(each)


async def test_what_the_data_folder_took_with_it_comes_back_as_it_was(tmp_path: Path) -> None:
    async with (
        EtcdCluster() as cluster,
        etcd_store(cluster.endpoint) as store,
        agent_of(cluster.endpoint) as agent,
        writer_of(cluster.endpoint, tmp_path),
    ):
        before = await settle(agent, store)
        await there(store, STOCK)
        stock = await store.set_level(STOCK, "Warn")
        # The writer has seen the level when it has put back its mark, which is taken away after that.
        await store.modify(STOCK, lambda old: old.with_meta(labels={}))
        await marked(store, stock.meta.labels)
        await replace_data(cluster.members[0])
        after = await there(store, unlike=before)
        assert (after.meta.labels, after.spec, after.status) == (before.meta.labels, before.spec, before.status)
        await announced(agent, store)
        again = await there(store, STOCK, unlike=stock)
        assert (again.meta.labels, again.spec, again.status) == (stock.meta.labels, stock.spec, stock.status)


async def test_what_an_older_copy_lacks_comes_back_and_what_it_has_holds(tmp_path: Path) -> None:
    async with EtcdCluster() as cluster, etcd_store(cluster.endpoint) as store:
        await cluster.etcdctl("snapshot", "save", str(tmp_path / "empty"))
        async with agent_of(cluster.endpoint) as agent:
            assert agent.watcher is not None
            old = await settle(agent, store)
            await cluster.etcdctl("snapshot", "save", str(tmp_path / "debug"))
            await store.set_level(NAME, "Warn")
            await agent.watcher.wait_for(lambda module: module is not None and module.spec.log_level == "Warn")
            await restore(cluster, tmp_path / "debug")
            await agent.watcher.wait_for(lambda module: module == old)
            await announced(agent, store)
            await restore(cluster, tmp_path / "empty")
            after = await there(store, unlike=old)
            assert (after.meta.labels, after.spec, after.status) == (old.meta.labels, old.spec, old.status)
            await announced(agent, store)


async def test_a_full_etcd_is_tried_until_it_has_room(tmp_path: Path) -> None:
    options = ("--quota-backend-bytes", str(1 << 20))
    listener = Listener("is not reported yet")
    logger = logging.getLogger("corvo_agent.modules.registration")
    logger.addHandler(listener)
    try:
        async with EtcdCluster(options=options) as cluster, etcd_store(cluster.endpoint) as store:
            revision = await fill(store.kv)

            async def enter() -> None:
                async with agent_of(cluster.endpoint) as agent:
                    await announced(agent, store)

            async with writer_of(cluster.endpoint, tmp_path), asyncio.TaskGroup() as tasks:
                tasks.create_task(enter())
                await listener.heard.wait()
                await make_room(cluster, revision)
                tasks.create_task(there(store, STOCK))
    finally:
        logger.removeHandler(listener)
    assert len(listener.told) == 1
    assert "space exceeded" in listener.told[0]
