"""The writer makes the store agree with its sources, and touches nothing that people set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest

from corvo_agent.errors import Unavailable
from corvo_agent.modules import MemoryStore, Module, ModuleStatus, ModuleStore, ObjectMeta, ServicePort, key_of
from corvo_agent.testing import FakeClock
from corvo_agent.writer.source import Complete, Gone, Present, SourceEvent
from corvo_agent.writer.writer import SOURCE_LABEL, ModuleWriter


class Script:
    """A source that tells what the test puts into it; None ends the stream with an error."""

    name = "script"

    def __init__(self) -> None:
        self.told: asyncio.Queue[SourceEvent | None] = asyncio.Queue()
        self.streams = 0

    async def events(self) -> AsyncGenerator[SourceEvent]:
        self.streams += 1
        while (event := await self.told.get()) is not None:
            yield event
            # The writer is back for more only when it has taken this one.
            self.told.task_done()
        self.told.task_done()
        raise Unavailable("the script", "it ended")

    def tell(self, *events: SourceEvent | None) -> None:
        for event in events:
            self.told.put_nowait(event)


def status(**fields: object) -> ModuleStatus:
    return ModuleStatus(node="node1", module="billing", category="Venice", **fields)  # type: ignore[arg-type]


class Running:
    """A running writer with its source and store."""

    def __init__(self, store: ModuleStore, kv: MemoryStore, source: Script, writer: ModuleWriter, clock: FakeClock):
        self.store = store
        self.kv = kv
        self.source = source
        self.writer = writer
        self.clock = clock

    async def settled(self) -> None:
        """Wait until the source is read to its end and everything is written."""
        await self.source.told.join()
        await self.writer.wait_idle()


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with run_writer() as running:
        yield running


@asynccontextmanager
async def run_writer(**options: int) -> AsyncIterator[Running]:
    clock = FakeClock()
    kv = MemoryStore()
    source = Script()
    async with ModuleStore(kv) as store:
        writer = ModuleWriter(store, [source], clock=clock, **options)
        task = asyncio.ensure_future(writer.run())
        yield Running(store, kv, source, writer, clock)
        task.cancel()
        await asyncio.wait({task})


async def test_what_runs_is_created_with_the_default_level(running: Running) -> None:
    running.source.tell(Present("node1-billing", status(service_ports=(ServicePort("billing", 9010),))), Complete())
    await running.settled()
    module = await running.store.get("node1-billing")
    assert module.spec.log_level == "Info"
    assert module.status == status(service_ports=(ServicePort("billing", 9010),))
    assert running.writer.statistics().created == 1


async def test_what_people_set_survives_every_report(running: Running) -> None:
    running.source.tell(Present("node1-billing", status()), Complete())
    await running.settled()
    await running.store.set_level("node1-billing", "Debug")
    await running.store.modify("node1-billing", lambda m: m.with_meta(labels={**m.meta.labels, "team": "money"}))
    running.source.tell(Present("node1-billing", status(restart_count=3, last_restart_reason="OOMKilled")))
    await running.settled()
    module = await running.store.get("node1-billing")
    assert module.spec.log_level == "Debug"
    assert module.meta.labels == {"team": "money", SOURCE_LABEL: "script"}
    assert (module.status.restart_count, module.status.last_restart_reason) == (3, "OOMKilled")


async def test_fields_that_the_source_does_not_know_are_left_alone(running: Running) -> None:
    await running.store.create(Module(ObjectMeta(name="node1-billing"), status=status(last_start=77)))
    running.source.tell(Present("node1-billing", status(service="pod-1")), Complete())
    await running.settled()
    module = await running.store.get("node1-billing")
    assert (module.status.last_start, module.status.service) == (77, "pod-1")


async def test_a_report_that_changes_nothing_writes_nothing(running: Running) -> None:
    running.source.tell(Present("node1-billing", status()), Complete())
    await running.settled()
    before = (await running.store.get("node1-billing")).revision
    running.source.tell(Present("node1-billing", status()))
    await running.settled()
    assert (await running.store.get("node1-billing")).revision == before


async def test_what_goes_is_removed(running: Running) -> None:
    running.source.tell(Present("node1-billing", status()), Complete(), Gone("node1-billing"))
    await running.settled()
    assert (await running.store.list()).modules == ()


async def test_after_a_new_beginning_only_our_own_leftovers_go(running: Running) -> None:
    await running.store.create(Module(ObjectMeta(name="by-hand")))
    running.source.tell(Present("node1-billing", status()), Present("node1-stock", status()), Complete())
    await running.settled()
    running.source.tell(None)
    await running.clock.wait_sleeping()
    running.source.tell(Present("node1-stock", status()), Complete())
    await running.clock.advance(60)
    await running.settled()
    assert [module.name for module in (await running.store.list()).modules] == ["by-hand", "node1-stock"]


async def test_nothing_goes_while_a_source_is_away(running: Running) -> None:
    running.source.tell(Present("node1-billing", status()), Complete())
    await running.settled()
    running.source.tell(None)
    for _ in range(3):
        await running.clock.wait_sleeping()
        await running.clock.advance(60)
        running.source.tell(None)
    await running.clock.wait_sleeping()
    assert [module.name for module in (await running.store.list()).modules] == ["node1-billing"]
    assert running.source.streams > 1


async def test_an_object_that_somebody_else_made_is_not_removed(running: Running) -> None:
    await running.store.create(Module(ObjectMeta(name="by-hand")))
    running.source.tell(Complete(), Gone("by-hand"))
    await running.settled()
    assert (await running.store.get("by-hand")).name == "by-hand"


async def test_a_store_that_is_away_for_long_loses_nothing() -> None:
    async with run_writer(attempts=2) as running:
        running.kv.go_away()
        running.source.tell(*(Present(f"node1-m{i:02}", status()) for i in range(20)))
        for _ in range(10):
            await running.clock.wait_sleeping()
            await running.clock.advance(10)
        assert running.writer.statistics().failed == ()
        running.kv.come_back()
        settling = asyncio.ensure_future(running.settled())
        while not settling.done():
            await running.clock.advance(10)
        assert len((await running.store.list()).modules) == 20


async def test_a_source_that_outruns_the_store_waits() -> None:
    async with run_writer(queue_size=5) as running:
        running.kv.go_away()
        running.source.tell(*(Present(f"node1-m{i:02}", status()) for i in range(20)))
        await running.clock.wait_sleeping()
        await running.clock.advance(1)
        assert running.writer.statistics().waiting <= 6
        assert running.source.told.qsize() >= 13


async def test_what_cannot_be_written_is_reported_by_name(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    running.source.tell(Present("-bad name-", status()), Present("node1-billing", status()), Complete())
    await running.settled()
    assert [name for name, _ in running.writer.statistics().failed] == ["-bad name-"]
    assert "-bad name-" in caplog.text
    assert (await running.store.get("node1-billing")).name == "node1-billing"


async def test_a_value_that_cannot_be_read_is_reported_after_some_tries() -> None:
    async with run_writer(attempts=3) as running:
        await running.kv.put(key_of("node1-billing"), b"{broken")
        running.source.tell(Present("node1-billing", status()))
        settling = asyncio.ensure_future(running.settled())
        while not settling.done():
            await running.clock.advance(10)
        (failed,) = running.writer.statistics().failed
        assert failed[0] == "node1-billing"
        assert running.writer.statistics().retried == 2
