"""``corvo writer``: real processes on a real etcd; what the file says is what the store holds, and one of two leads."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from corvo_agent.cli.commands.run.writer import LEADER_PREFIX
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules import Module, ModuleStore
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.kv import KeyValue
from corvo_agent.modules.names import MODULES_PREFIX
from tests.etcd_cluster import EtcdCluster
from tests.writer.kubernetes_server import KubernetesServer, pod, write_kubeconfig
from tests.writer.systemd_service import TRANSPORTS, systemd_service

from ...kit import corvo

LEADER_KEY = f"{LEADER_PREFIX}file"
INVENTORY = '[modules.node1-billing]\nnode = "node1"\nmodule = "billing"\n'


@asynccontextmanager
async def writer(etcd: EmbeddedEtcd | EtcdCluster, source: Path | str, *options: str) -> AsyncIterator[Process]:
    """A writer of the inventory ``source``, or of another source with its options."""
    name = source if isinstance(source, str) else f"file:{source}"
    command = (sys.executable, "-m", "corvo_agent", "writer", "--source", name, *options, "--etcd", etcd.endpoint)
    process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def names(modules: ModuleStore, wanted: list[str]) -> None:
    """Wait until the store holds ``wanted`` and nothing else."""
    async with modules.watch() as watch:
        async for _ in watch:
            if [module.name for module in (await modules.list()).modules] == wanted:
                return


async def module_that(modules: ModuleStore, name: str, holds: Callable[[Module], bool]) -> Module:
    """Wait until the Module ``name`` is as wanted."""
    async with modules.watch(name) as watch:
        async for batch in watch:
            if batch.changes and holds(module := await modules.get(name)):
                return module
    raise AssertionError("the watch ended")


async def leader(modules: ModuleStore, accepts: Callable[[KeyValue | None], bool]) -> None:
    """Wait until who leads is as wanted."""
    from corvo_agent.modules.watching.watch import Watch

    async with Watch(modules.kv, LEADER_KEY, exact=True) as watch:
        async for _ in watch:
            if accepts(await modules.kv.get(LEADER_KEY)):
                return


@pytest.mark.integration
async def test_the_store_follows_the_file_and_what_people_set_stays(
    etcd: EmbeddedEtcd, modules: ModuleStore, tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.toml"
    inventory.write_text(INVENTORY)
    async with writer(etcd, inventory) as process:
        await names(modules, ["node1-billing"])
        await modules.set_level("node1-billing", "Debug")
        changed = tmp_path / "new.toml"
        changed.write_text(INVENTORY + '[modules.node1-stock]\nnode = "node1"\n')
        changed.rename(inventory)
        await names(modules, ["node1-billing", "node1-stock"])
        inventory.write_text("[broken")
        assert (await modules.get("node1-billing")).spec.log_level == "Debug"
        inventory.write_text(INVENTORY)
        await names(modules, ["node1-billing"])
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


@pytest.mark.integration
async def test_another_writer_takes_over_when_the_leader_ends(
    etcd: EmbeddedEtcd, modules: ModuleStore, tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.toml"
    inventory.write_text(INVENTORY)
    async with writer(etcd, inventory) as first:
        await leader(modules, lambda held: held is not None and held.value.endswith(b":%d" % first.pid))
        async with writer(etcd, inventory) as second:
            first.send_signal(signal.SIGTERM)
            assert await first.wait() == 0
            await leader(modules, lambda held: held is not None and held.value.endswith(b":%d" % second.pid))
            await names(modules, ["node1-billing"])


@pytest.mark.integration
async def test_pods_become_modules_and_a_rollout_keeps_the_level(
    etcd: EmbeddedEtcd, modules: ModuleStore, tmp_path: Path
) -> None:
    async with KubernetesServer().running() as cluster:
        path = write_kubeconfig(tmp_path / "kubeconfig", cluster.url)
        await cluster.put(pod("billing-1", restarts=2, reason="OOMKilled"))
        async with writer(etcd, "kubernetes", "--kubeconfig", str(path)) as process:
            first = await module_that(modules, "node1-billing", lambda module: True)
            assert (first.status.restart_count, first.status.last_restart_reason) == (2, "OOMKilled (exit code 137)")
            await modules.set_level("node1-billing", "Debug")
            # As a DaemonSet does it: the old pod goes before the new one comes.
            await cluster.delete("billing-1")
            await cluster.put(pod("billing-2"))
            second = await module_that(modules, "node1-billing", lambda module: module.status.service == "billing-2")
            assert (second.spec.log_level, second.status.restart_count) == ("Debug", 0)
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0


@pytest.mark.integration
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_services_of_systemd_become_modules_with_the_reasons_of_their_restarts(
    etcd: EmbeddedEtcd, modules: ModuleStore, tmp_path: Path, transport: str
) -> None:
    options = ("--unit", "pen-*", "--node", "node7")
    async with systemd_service(transport, tmp_path) as systemd:
        await systemd.add("pen-npm.service")
        async with writer(etcd, "systemd", *options, "--bus", systemd.address):
            module = await module_that(modules, "node7-pen-npm", lambda module: True)
            assert (module.status.service, module.status.node) == ("pen-npm.service", "node7")
            await systemd.crash("pen-npm.service", Result="exit-code", ExecMainCode=1, ExecMainStatus=3)
            module = await module_that(modules, "node7-pen-npm", lambda module: module.status.restart_count == 1)
            assert module.status.last_restart_reason == "exit-code (exit code 3)"


async def test_systemd_needs_to_be_told_which_services(etcd: EmbeddedEtcd) -> None:
    outcome = await corvo("writer", "--source", "systemd", "--etcd", etcd.endpoint)
    assert (outcome.code, "--unit 'pen-*.service'" in outcome.err) == (2, True)


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("carrier-pigeon", 2, "source: unknown source, got 'carrier-pigeon'; valid: kubernetes, systemd, file:PATH"),
        ("file:", 2, "source: unknown source"),
    ],
)
async def test_an_unknown_source_is_refused_by_name(source: str, code: int, words: str, etcd: EmbeddedEtcd) -> None:
    outcome = await corvo("writer", "--source", source, "--etcd", etcd.endpoint)
    assert outcome.code == code
    assert words in outcome.err


async def test_a_kubeconfig_that_is_missing_is_refused_by_name(etcd: EmbeddedEtcd, tmp_path: Path) -> None:
    missing = str(tmp_path / "kubeconfig")
    outcome = await corvo("writer", "--source", "kubernetes", "--kubeconfig", missing, "--etcd", etcd.endpoint)
    assert outcome.code == 2
    assert "kubeconfig" in outcome.err


@pytest.mark.integration
async def test_once_writes_and_ends_and_says_what_could_not_be_written(
    etcd: EmbeddedEtcd, modules: ModuleStore, tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.toml"
    inventory.write_text(INVENTORY)
    source = ("writer", "--source", f"file:{inventory}", "--etcd", etcd.endpoint, "--once")
    outcome = await corvo(*source)
    assert (outcome.code, [module.name for module in (await modules.list()).modules]) == (0, ["node1-billing"])
    assert "1 created, 0 updated, 0 deleted" in outcome.err
    assert (await corvo(*source)).err.count("0 created, 0 updated, 0 deleted") == 1
    await modules.kv.put("/venice/config/diagnostics/modules/node1-billing", b"{broken")
    # A value that cannot be read is tried again for minutes; a writer that ends at once says so.
    outcome = await corvo(*source, "--attempts", "1")
    assert outcome.code == 1
    assert "not written: node1-billing: /venice/config/diagnostics/modules/node1-billing" in outcome.err


@pytest.mark.integration
async def test_killed_with_the_work_half_done_another_writer_finishes_it(
    etcd: EmbeddedEtcd, modules: ModuleStore, tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.toml"
    wanted = [f"node1-m{number:03}" for number in range(100)]
    inventory.write_text("".join(f'[modules.{name}]\nnode = "node1"\n' for name in wanted))
    async with writer(etcd, inventory) as first:
        await leader(modules, lambda held: held is not None and held.value.endswith(b":%d" % first.pid))
        async with writer(etcd, inventory) as second:
            async with modules.watch() as watch:
                async for batch in watch:
                    if batch.changes:
                        break
            first.kill()
            held = await modules.kv.get(LEADER_KEY)
            assert held is not None
            # As if the time of the lease were over: nobody waits for that in a test.
            await modules.kv.revoke_lease(held.lease)
            await leader(modules, lambda held: held is not None and held.value.endswith(b":%d" % second.pid))
            await names(modules, wanted)
            # Nothing was written twice: each object is as it was created.
            items = (await modules.kv.range(MODULES_PREFIX)).items
            assert [item.mod_revision for item in items] == [item.create_revision for item in items]


@pytest.mark.integration
async def test_etcd_away_and_back_loses_nothing(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.toml"
    inventory.write_text(INVENTORY)
    async with (
        EtcdCluster() as cluster,
        ModuleStore(EtcdStore(EtcdOptions.from_urls(cluster.endpoint))) as modules,
        writer(cluster, inventory),
    ):
        await names(modules, ["node1-billing"])
        await cluster.members[0].kill()
        changed = tmp_path / "new.toml"
        changed.write_text(INVENTORY + '[modules.node1-stock]\nnode = "node1"\n')
        changed.rename(inventory)
        await cluster.members[0].restart()
        await names(modules, ["node1-billing", "node1-stock"])
