"""A start is reported once, and the status of a Module that a person has written by hand comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from corvo_agent.agent.background import Background
from corvo_agent.agent.starts import Starts
from corvo_agent.modules import MemoryStore, Module, ModuleStore, StartReport, key_of
from corvo_agent.modules.callbacks import ModuleChange

NAME = "node1-pen-spyglass"
REPORT = StartReport(NAME, started=1_700_000_000_000_000_000, node="node1", module="pen-spyglass")


@pytest.fixture
async def store() -> AsyncIterator[ModuleStore]:
    async with ModuleStore(MemoryStore()) as store:
        yield store


@pytest.fixture
async def background() -> AsyncIterator[Background]:
    background = Background()
    yield background
    await background.aclose()


async def test_a_start_is_reported_once(store: ModuleStore, background: Background) -> None:
    starts = Starts(store, lambda: REPORT, background, None)
    await starts.run()
    await starts.run()
    module = await store.get(NAME)
    assert (module.status.last_start, module.status.restart_count) == (REPORT.started, 0)


async def test_a_value_written_by_hand_gets_its_status_back(store: ModuleStore, background: Background) -> None:
    starts = Starts(store, lambda: REPORT, background, None)
    await starts.run()
    before = await store.get(NAME)
    await store.kv.put(key_of(NAME), b'{"spec":{"log-level":"Debug"}}')
    written = await store.get(NAME)
    async with store.watch(NAME) as watch:
        starts.keep_status(ModuleChange(NAME, before, written, written.revision))
        async for _ in watch:
            after = await store.get(NAME)
            if after.status.last_start:
                break
    assert (after.status, after.spec.log_level) == (before.status, "Debug")


async def test_a_status_that_is_there_is_left_alone(store: ModuleStore, background: Background) -> None:
    starts = Starts(store, lambda: REPORT, background, None)
    module = Module().with_meta(name=NAME).with_status(node="node7", last_start=1)
    stored = await store.create(module)
    starts.keep_status(ModuleChange(NAME, None, stored, stored.revision))
    await background.aclose()
    assert await store.get(NAME) == stored
