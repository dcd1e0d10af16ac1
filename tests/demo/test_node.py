"""A node of the demo: people find it as soon as it is entered, and nothing of it stays."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import orjson

from corvo_agent.demo.node import MODULE, running_node
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.levels.level import Level
from corvo_agent.modules.announcing.endpoint import find_endpoint
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.store import ModuleStore
from corvo_agent.owned_process import OwnedProcess
from tests.levels.kit import untouched_levels
from tests.profiles.spawn import until

NAME = f"node7-{MODULE}"


def modules(etcd: EmbeddedEtcd) -> ModuleStore:
    return ModuleStore(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)))


async def test_in_this_process(etcd: EmbeddedEtcd, tmp_path: Path) -> None:
    log = tmp_path / "orders.log"
    handlers, before = list(logging.root.handlers), asyncio.all_tasks()
    with untouched_levels():
        async with running_node("node7", etcd.endpoint, str(log)) as agent, modules(etcd) as store:
            assert (await store.get(NAME)).status.node == "node7"
            endpoint = await find_endpoint(store.kv, NAME)
            assert endpoint is not None
            assert endpoint.address == agent.address
            await store.modify(NAME, lambda old: old.with_spec(log_level="Debug"))
            await until(lambda: agent.level.level is Level.DEBUG)
            async with DiagnosticsClient(agent.address) as client:
                assert "orders.accepted" in await client.stats()
        async with modules(etcd) as store:
            assert await find_endpoint(store.kv, NAME) is None
    assert [orjson.loads(line)["module"] for line in log.read_text().splitlines()][:1] == [MODULE]
    assert logging.root.handlers == handlers
    assert not [task for task in asyncio.all_tasks() - before if task.get_name() == "orders"]


async def test_as_a_program_it_says_when_it_is_ready_and_ends_when_it_is_told(
    etcd: EmbeddedEtcd, tmp_path: Path
) -> None:
    log = tmp_path / "orders.log"
    arguments = ("-m", "corvo_agent.demo.node", "node7", etcd.endpoint, str(log))
    process = OwnedProcess(Path(sys.executable), arguments, tmp_path / "out")
    await process.start()
    try:
        async with modules(etcd) as store:
            assert await find_endpoint(store.kv, NAME) is not None
            await process.stop()
            assert await find_endpoint(store.kv, NAME) is None
    finally:
        await process.stop()
    assert log.exists()
