"""What vanished in the store although its module runs is put into the queue again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from corvo_agent.modules import MemoryStore, Module, ModuleStatus, ModuleStore, ObjectMeta, key_of
from corvo_agent.modules.vanished import DELETION_PAUSE
from corvo_agent.testing import FakeClock
from corvo_agent.writer.keeper import RESYNC, Keeper
from corvo_agent.writer.objects import SOURCE_LABEL, created
from corvo_agent.writer.source import Present
from corvo_agent.writer.work_queue import Work, WorkQueue

NAME = "node1-billing"
PRESENT = Present(NAME, ModuleStatus(node="node1", module="billing"))
WORK = Work("script", PRESENT)


class Running:
    """A keeper that knows of one module, whose object is stored with a label and a level."""

    def __init__(self, kv: MemoryStore) -> None:
        self.kv = kv
        self.store = ModuleStore(kv)
        self.clock = FakeClock()
        self.queue = WorkQueue(10, self.clock)
        self.keeper = Keeper(self.store, self.queue, self.clock)

    async def taken(self) -> tuple[str, Work]:
        async with asyncio.timeout(60):
            taken = await self.queue.take()
        await self.queue.done()
        return taken

    async def told(self) -> None:
        """Wait until the keeper has heard of what happened so far: it asks for a module that is made for that."""
        probe = Present("probe", ModuleStatus(node="x"))
        self.keeper.want("script", probe)
        await self.kv.put(key_of("probe"), b"{}")
        name, _ = await self.taken()
        self.keeper.forget("script", "probe")
        assert name == "probe"


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with MemoryStore() as kv:
        running = Running(kv)
        module = created("script", PRESENT, None)
        labels = {**module.meta.labels, "team": "money"}
        await running.store.create(module.with_meta(labels=labels).with_spec(log_level="Debug"))
        running.keeper.want("script", PRESENT)
        task = asyncio.create_task(running.keeper.run())
        await running.told()
        yield running
        task.cancel()
        await asyncio.wait({task})


async def test_a_deleted_object_is_written_again_after_a_while(running: Running) -> None:
    await running.store.delete(NAME)
    await running.told()
    vanished = running.keeper.vanished(NAME)
    assert vanished is not None
    assert vanished.last.meta.labels == {"team": "money", SOURCE_LABEL: "script"}
    assert not vanished.replaced
    taking = asyncio.ensure_future(running.taken())
    # That of the next comparison, and that until the deletion is old enough.
    await running.clock.wait_sleeping(2)
    await running.clock.advance(DELETION_PAUSE - 0.1)
    assert not taking.done()
    await running.clock.advance(0.1)
    assert await taking == (NAME, WORK)


async def test_what_the_store_lost_is_written_again_at_once(running: Running) -> None:
    running.kv.replace_data()
    assert await running.taken() == (NAME, WORK)
    vanished = running.keeper.vanished(NAME)
    assert vanished is not None
    assert (vanished.replaced, vanished.last.spec.log_level) == (True, "Debug")


async def test_what_was_lost_before_the_watch_heard_of_it_is_written_again(running: Running) -> None:
    other = Present("node1-stock", ModuleStatus(node="node1"))
    running.keeper.want("script", other)
    running.kv.silence_streams()
    await running.store.create(created("script", other, None))
    running.kv.replace_data()
    assert {await running.taken() for _ in range(2)} == {(NAME, WORK), (other.name, Work("script", other))}


async def test_an_object_that_lost_its_mark_or_its_status_is_written_again(running: Running) -> None:
    await running.store.modify(NAME, lambda module: module.with_meta(labels={"team": "money"}))
    assert await running.taken() == (NAME, WORK)
    await running.kv.put(key_of(NAME), b'{"spec":{"log-level":"Debug"}}')
    assert await running.taken() == (NAME, WORK)


async def test_what_runs_no_more_is_not_kept(running: Running) -> None:
    running.keeper.forget("another", NAME)
    running.keeper.forget_others("another", ())
    running.keeper.forget_others("script", ())
    await running.store.delete(NAME)
    await running.told()
    assert running.keeper.vanished(NAME) is None
    running.keeper.want("script", PRESENT)
    running.keeper.clear()
    await running.clock.advance(RESYNC)
    await running.told()


async def test_another_writers_object_is_not_taken_back(running: Running) -> None:
    labels = {SOURCE_LABEL: "another"}
    await running.store.update(Module(ObjectMeta(name=NAME, labels=labels), status=ModuleStatus(node="node7")))
    await running.told()
    await running.clock.advance(RESYNC)
    await running.told()


async def test_a_comparison_finds_what_no_change_told_of(running: Running) -> None:
    await running.store.modify(NAME, lambda module: module.with_status(module="stock"))
    await running.told()
    await running.clock.advance(RESYNC)
    assert await running.taken() == (NAME, WORK)
    running.kv.silence_streams()
    await running.store.delete(NAME)
    await running.clock.advance(RESYNC)
    assert await running.taken() == (NAME, WORK)


async def test_a_comparison_that_fails_is_made_again(running: Running) -> None:
    await running.store.modify(NAME, lambda module: module.with_status(module="stock"))
    await running.told()
    running.kv.go_away()
    await running.clock.advance(RESYNC)
    running.kv.come_back()
    await running.clock.advance(RESYNC)
    assert await running.taken() == (NAME, WORK)
