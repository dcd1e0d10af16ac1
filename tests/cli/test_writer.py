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

from corvo_agent.cli.writer import LEADER_KEY
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules import ModuleStore
from corvo_agent.modules.kv import KeyValue

from .kit import corvo

INVENTORY = '[modules.node1-billing]\nnode = "node1"\nmodule = "billing"\n'


@asynccontextmanager
async def writer(etcd: EmbeddedEtcd, inventory: Path) -> AsyncIterator[Process]:
    command = (sys.executable, "-m", "corvo_agent", "writer", "--source", f"file:{inventory}", "--etcd", etcd.endpoint)
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


async def leader(modules: ModuleStore, accepts: Callable[[KeyValue | None], bool]) -> None:
    """Wait until who leads is as wanted."""
    from corvo_agent.modules.watch import Watch

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


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("carrier-pigeon", 2, "source: unknown source, got 'carrier-pigeon'; valid: kubernetes, file:PATH"),
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
