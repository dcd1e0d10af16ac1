"""A start is reported once, and a Module that vanished, or lost its status, is written again by its living agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from corvo_agent.agent.registration import Registration
from corvo_agent.modules import MemoryStore, Module, ModuleSpec, ModuleStore, ModuleWatcher, StartReport, key_of
from corvo_agent.modules.model import ModuleStatus
from corvo_agent.modules.vanished import DELETION_PAUSE
from corvo_agent.testing import FakeClock

NAME = "node1-pen-spyglass"
REPORT = StartReport(NAME, started=1_700_000_000_000_000_000, node="node1", module="pen-spyglass")


COMPLETE = (
    f'{{"kind":"Module","meta":{{"self-link":"{key_of(NAME)}"}},"spec":{{"log-level":"Warn"}},"status":{{"node":"node1"}}}}'
).encode()


class Running:
    """A registration at work, its store, and the clock that its pauses go by."""

    def __init__(self, kv: MemoryStore) -> None:
        self.kv = kv
        self.store = ModuleStore(kv)
        self.clock = FakeClock()
        self.watcher = ModuleWatcher(NAME, self.store, check_interval=1)
        self.registration = Registration(self.store, self.watcher, lambda: REPORT, None, self.clock)

    async def sees(self, predicate: Callable[[Module | None], bool]) -> Module | None:
        return await self.watcher.wait_for(predicate)


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with MemoryStore() as kv:
        running = Running(kv)
        async with running.watcher:
            await running.watcher.wait_synced()
            await running.registration.report_starts()
            keeping = asyncio.create_task(running.registration.keep())
            await running.sees(lambda module: module is not None)
            yield running
        # The watcher is closed: nothing is left to keep.
        await keeping


def is_there(module: Module | None) -> bool:
    return module is not None


async def labelled(running: Running) -> Module:
    """The Module with a label and a level, as the watcher sees it."""
    changed = await running.store.modify(
        NAME, lambda module: module.with_meta(labels={"team": "net"}).with_spec(log_level="Debug")
    )
    await running.sees(lambda module: module == changed)
    return changed


async def test_a_start_is_reported_once(running: Running) -> None:
    await running.registration.report_starts()
    module = await running.store.get(NAME)
    assert (module.status.last_start, module.status.restart_count) == (REPORT.started, 0)


async def test_a_deleted_module_comes_back_with_its_labels_and_without_a_level(running: Running) -> None:
    before = await labelled(running)
    await running.store.delete(NAME)
    await running.clock.wait_sleeping()
    await running.clock.advance(DELETION_PAUSE - 0.1)
    assert await running.kv.get(key_of(NAME)) is None
    await running.clock.advance(0.1)
    after = await running.sees(is_there)
    assert after is not None
    assert (after.meta.labels, after.spec, after.status) == ({"team": "net"}, ModuleSpec(), before.status)


async def test_who_deletes_and_creates_has_its_turn(running: Running) -> None:
    await labelled(running)
    await running.store.delete(NAME)
    await running.clock.wait_sleeping()
    theirs = await running.store.create(Module(status=ModuleStatus(node="node7")).with_meta(name=NAME))
    await running.sees(is_there)
    await running.clock.advance(DELETION_PAUSE)
    assert await running.store.get(NAME) == theirs


async def test_a_module_that_the_store_lost_comes_back_at_once_as_it_was(running: Running) -> None:
    before = await labelled(running)
    running.kv.replace_data()
    after = await running.sees(lambda module: module is not None and module.revision < before.revision)
    assert after is not None
    assert (after.meta.labels, after.spec, after.status) == (before.meta.labels, before.spec, before.status)


async def test_an_older_store_that_has_the_module_has_the_last_word(running: Running) -> None:
    before = await labelled(running)
    running.kv.replace_data([(key_of(NAME), COMPLETE)])
    after = await running.sees(lambda module: module is not None and module.revision < before.revision)
    assert after is not None
    assert after.spec.log_level == "Warn"
    assert await running.store.get(NAME) == after


async def test_it_tries_until_the_store_takes_it(running: Running) -> None:
    await running.store.delete(NAME)
    await running.clock.wait_sleeping()
    running.kv.go_away()
    await running.clock.advance(DELETION_PAUSE)
    running.kv.come_back()
    async with asyncio.timeout(60):
        assert await running.sees(is_there) is not None


async def test_a_module_that_went_before_the_watch_saw_it_comes_back(running: Running) -> None:
    await running.store.delete(NAME)
    await running.clock.wait_sleeping()
    running.kv.silence_streams()
    await running.clock.advance(DELETION_PAUSE)
    # Written again, and gone again before the watch, whose stream is silent, has heard of it.
    await running.store.delete(NAME)
    await running.clock.wait_sleeping()
    for _ in range(10):
        await running.clock.advance(1)
    assert await running.kv.get(key_of(NAME)) is not None


async def test_a_value_written_by_hand_gets_its_status_back(running: Running) -> None:
    before = await running.store.get(NAME)
    await running.kv.put(key_of(NAME), b'{"spec":{"log-level":"Debug"}}')
    after = await running.sees(
        lambda module: module is not None and bool(module.status.last_start) and module != before
    )
    assert after is not None
    assert (after.status, after.spec.log_level) == (before.status, "Debug")


async def test_a_status_that_is_lost_alone_comes_back_too(running: Running) -> None:
    before = await running.store.get(NAME)
    await running.store.update(replace(before, status=ModuleStatus()))
    after = await running.sees(lambda module: module is not None and module.revision > before.revision + 1)
    assert after is not None
    assert after.status == before.status


async def test_a_status_that_is_left_out_again_and_again_comes_back_each_time(running: Running) -> None:
    before = await running.store.get(NAME)
    # The second one comes before the watch has shown that the first one was mended: that is lost anew, not on its way.
    for level in (b"Debug", b"Info"):
        revision = await running.kv.put(key_of(NAME), b'{"spec":{"log-level":"%s"}}' % level)
        if level == b"Info":
            break
        while (item := await running.kv.get(key_of(NAME))) is None or item.mod_revision == revision:  # noqa: ASYNC110
            await asyncio.sleep(0)
    mended = asyncio.create_task(running.sees(lambda module: module is not None and module.revision > revision))
    for _ in range(20):
        # Less than the pause after a deletion in all.
        await running.clock.advance(DELETION_PAUSE / 30)
    after = await mended
    assert after is not None
    assert (after.status, after.spec.log_level) == (before.status, "Info")


async def test_a_value_without_kind_and_self_link_gets_them(running: Running) -> None:
    await running.kv.put(key_of(NAME), b'{"spec":{"log-level":"Debug"},"status":{"node":"node7"}}')
    after = await running.sees(
        lambda module: module is not None and not module.incomplete and bool(module.spec.log_level)
    )
    assert after is not None
    assert (after.spec.log_level, after.meta.self_link) == ("Debug", key_of(NAME))
    item = await running.kv.get(key_of(NAME))
    assert item is not None
    assert item.value.startswith(b'{"kind":"Module",')


async def test_a_status_that_is_there_is_left_alone(running: Running) -> None:
    await running.store.modify(NAME, lambda module: module.with_status(node="node7", last_start=1))
    module = await running.store.get(NAME)
    await running.sees(lambda seen: seen == module)
    assert await running.store.get(NAME) == module


async def test_a_module_that_is_stopped_stays_deleted() -> None:
    async with MemoryStore() as kv:
        running = Running(kv)
        async with running.watcher:
            await running.registration.report_starts()
            keeping = asyncio.create_task(running.registration.keep())
            await running.sees(is_there)
            await running.store.delete(NAME)
            await running.clock.wait_sleeping()
        await keeping
        assert await kv.get(key_of(NAME)) is None
