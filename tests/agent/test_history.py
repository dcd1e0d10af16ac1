"""An agent tells the history of its Module what it has seen, and finds what was changed while it was away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from corvo_agent.agent.agent import Agent
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.controls.store import ControlStore
from corvo_agent.modules.history.store import HistoryStore
from corvo_agent.modules.history.value import History, history_key
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.store import ModuleStore
from corvo_agent.modules.watcher import ModuleWatcher
from corvo_agent.modules.watching.watch import Watch

NAME = "node1-shop"


@asynccontextmanager
async def agent(kv: MemoryStore) -> AsyncIterator[ModuleWatcher]:
    """An agent whose Module is there."""
    async with Agent("shop", node="node1", store=kv, apply_level=None) as running:
        assert running.watcher is not None
        await running.watcher.wait_for(lambda module: module is not None)
        yield running.watcher


async def history(kv: MemoryStore, enough: Callable[[History], bool]) -> History:
    """The history as soon as it is ``enough``."""
    async with Watch(kv, history_key(NAME), exact=True) as watch:
        async for _ in watch:
            if enough(found := await HistoryStore(kv).read(NAME)):
                return found
    raise AssertionError("the watch ended")


async def test_what_was_changed_while_nothing_watched_is_found() -> None:
    kv = MemoryStore()
    async with agent(kv) as watcher:
        await ModuleStore(kv).set_level(NAME, "Info")
        await watcher.wait_for(lambda module: module is not None and module.spec.log_level == "Info")
    # It wrote what it had seen before it stopped.
    assert [each.level_to for each in await HistoryStore(kv).read(NAME)] == ["Info"]
    await ModuleStore(kv).set_level(NAME, "Debug")
    await ControlStore(kv).put(NAME, Control("Error", logger="http"))
    async with agent(kv):
        found = await history(kv, lambda found: len(found) >= 3)
    assert [(each.level_from, each.level_to, each.seen) for each in found] == [
        ("", "Error", True),
        ("Info", "Debug", True),
        ("", "Info", True),
    ]
    written = (await kv.range(history_key(NAME))).items
    async with agent(kv) as watcher:
        await watcher.wait_synced()
    # A start alone is no change.
    assert (await kv.range(history_key(NAME))).items == written


async def test_data_that_are_put_in_place_of_others_are_no_changes() -> None:
    kv = MemoryStore()
    async with agent(kv) as watcher:
        await ModuleStore(kv).set_level(NAME, "Info")
        await watcher.wait_for(lambda module: module is not None and module.spec.log_level == "Info")
        kv.replace_data([(f"/venice/config/diagnostics/modules/{NAME}", b'{"spec":{"log-level":"Warn"}}')])
        await watcher.wait_for(lambda module: module is not None and module.spec.log_level == "Warn")
    # The change before it had been seen, and waited to be written.
    assert [each.level_to for each in await HistoryStore(kv).read(NAME)] in ([], ["Info"])
