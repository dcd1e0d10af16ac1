"""Callbacks hear of each change of the spec, once and in order."""

from __future__ import annotations

from corvo_agent.modules import Module, ModuleStore, ModuleWatcher
from corvo_agent.testing import MemoryStore


async def test_the_callback_of_the_readme_follows_the_level() -> None:
    levels: list[str] = []
    async with ModuleStore(MemoryStore()) as store:
        await store.create(Module().with_meta(name="node1-pen-spyglass").with_spec(log_level="Info"))
        async with ModuleWatcher(
            "node1-pen-spyglass", store, on_change=lambda module: levels.append(module.spec.log_level)
        ) as watcher:
            await watcher.wait_for(lambda module: module is not None)
            await store.set_level("node1-pen-spyglass", "Debug")
            await watcher.wait_for(lambda module: module is not None and module.spec.log_level == "Debug")
            await store.modify("node1-pen-spyglass", lambda module: module.with_status(node="node2"))
            await watcher.wait_for(lambda module: module is not None and module.status.node == "node2")
            await store.delete("node1-pen-spyglass")
            await watcher.wait_for(lambda module: module is None)
            assert watcher.statistics().changes == 3
    assert levels == ["Info", "Debug", ""]
