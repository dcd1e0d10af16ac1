"""The writer makes the store agree with its sources, and touches nothing that people set."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest

from corvo_agent.errors import DeadlineExceeded, Unavailable
from corvo_agent.log_thinning import ThinningFilter
from corvo_agent.modules import (
    MemoryStore,
    Module,
    ModuleSpec,
    ModuleStatus,
    ModuleStore,
    ObjectMeta,
    ServicePort,
    key_of,
)
from corvo_agent.testing import FakeClock
from corvo_agent.writer.objects import SOURCE_LABEL
from corvo_agent.writer.source import Complete, Gone, Present, SourceEvent
from corvo_agent.writer.writer import LINGER, ModuleWriter

#: Sleepers of a writer that waits for its next try: that one, and the one until all is compared again.
RETRYING = 2


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

    def __init__(
        self, store: ModuleStore, kv: MemoryStore, source: Script, writer: ModuleWriter, clock: FakeClock
    ) -> None:
        self.store = store
        self.kv = kv
        self.source = source
        self.writer = writer
        self.clock = clock
        self.task = asyncio.ensure_future(writer.run())

    async def settled(self) -> None:
        """Wait until the source is read to its end and everything is written."""
        await self.source.told.join()
        await self.writer.wait_idle()


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with run_writer() as running:
        yield running


@asynccontextmanager
async def run_writer(**options: float) -> AsyncIterator[Running]:
    clock = FakeClock()
    kv = MemoryStore()
    source = Script()
    async with ModuleStore(kv) as store:
        writer = ModuleWriter(store, [source], clock=clock, **options)  # type: ignore[arg-type]
        running = Running(store, kv, source, writer, clock)
        yield running
        running.task.cancel()
        await asyncio.wait({running.task})


async def test_what_runs_is_created_without_a_level_as_it_was_configured(running: Running) -> None:
    running.source.tell(Present("node1-billing", status(service_ports=(ServicePort("billing", 9010),))), Complete())
    await running.settled()
    module = await running.store.get("node1-billing")
    assert module.spec == ModuleSpec()
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


async def test_a_count_that_the_source_knows_to_be_nothing_is_written(running: Running) -> None:
    running.source.tell(Present("node1-billing", status(restart_count=4, last_restart_reason="Error")), Complete())
    await running.settled()
    known = frozenset({"restart_count", "last_restart_reason"})
    running.source.tell(Present("node1-billing", status(service="pod-2"), known))
    await running.settled()
    found = (await running.store.get("node1-billing")).status
    assert (found.restart_count, found.last_restart_reason, found.service) == (0, "", "pod-2")


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


async def test_what_people_set_outlives_a_replacement(running: Running) -> None:
    running.source.tell(Present("node1-billing", status(service="pod-1")), Present("node1-stock", status()), Complete())
    await running.settled()
    await running.store.set_level("node1-billing", "Debug")
    running.source.tell(Gone("node1-billing"), Gone("node1-stock"))
    await running.settled()
    # The one that nobody touched goes at once.
    assert [module.name for module in (await running.store.list()).modules] == ["node1-billing"]
    assert running.writer.statistics().lingering == 1
    await running.clock.advance(LINGER / 2)
    running.source.tell(Present("node1-billing", status(service="pod-2")))
    await running.settled()
    await running.clock.advance(LINGER)
    await running.settled()
    module = await running.store.get("node1-billing")
    assert (module.spec.log_level, module.status.service) == ("Debug", "pod-2")


async def test_what_does_not_come_back_goes_when_it_has_lingered(running: Running) -> None:
    running.source.tell(Present("node1-billing", status()), Complete())
    await running.settled()
    await running.store.modify("node1-billing", lambda m: m.with_meta(labels={**m.meta.labels, "team": "money"}))
    running.source.tell(Gone("node1-billing"))
    await running.settled()
    await running.clock.advance(LINGER - 1)
    # Being told again that it is gone does not begin anew.
    running.source.tell(Gone("node1-billing"))
    await running.settled()
    assert (await running.store.get("node1-billing")).name == "node1-billing"
    await running.clock.advance(1)
    await running.settled()
    assert (await running.store.list()).modules == ()


async def test_what_a_person_has_mistyped_lingers_as_what_a_person_has_set(running: Running) -> None:
    running.source.tell(Present("node1-billing", status()), Complete())
    await running.settled()
    key = key_of("node1-billing")
    item = await running.kv.get(key)
    assert item is not None
    await running.kv.put(key, item.value.replace(b'"spec":{', b'"spec":{"log-level":"loud"'))
    assert (await running.store.get("node1-billing")).invalid
    running.source.tell(Gone("node1-billing"))
    await running.settled()
    assert running.writer.statistics().lingering == 1
    assert (await running.store.get("node1-billing")).invalid


async def test_one_module_that_cannot_be_written_holds_up_no_other(running: Running) -> None:
    await running.kv.put(key_of("node1-broken"), b"{broken")
    running.source.tell(Present("node1-broken", status()), Present("node1-billing", status()), Complete())
    await running.source.told.join()
    async with running.store.watch("node1-billing") as watch:
        async for batch in watch:
            if batch.changes:
                break
    # No time has passed: the broken one is still owed.
    assert running.writer.statistics().waiting == 1


async def test_who_leads_again_forgets_what_was_to_be_done(running: Running) -> None:
    running.source.tell(Present("node1-billing", status()), Complete())
    await running.settled()
    running.kv.go_away()
    running.source.tell(Gone("node1-billing"))
    await running.source.told.join()
    await running.clock.wait_sleeping(RETRYING)
    running.task.cancel()
    await asyncio.wait({running.task})
    running.kv.come_back()
    await running.store.set_level("node1-billing", "Debug")
    again = asyncio.ensure_future(running.writer.run())
    running.source.tell(Present("node1-billing", status(service="pod-2")), Complete())
    await running.settled()
    assert (await running.store.get("node1-billing")).spec.log_level == "Debug"
    assert running.writer.statistics().deleted == 0
    again.cancel()
    await asyncio.wait({again})


async def test_sources_of_one_name_in_other_groups_are_left_alone(running: Running) -> None:
    other = ModuleWriter(running.store, [Script()], group="two")
    theirs = Module(ObjectMeta(name="node2-billing", labels={SOURCE_LABEL: other.identity}))
    await running.store.create(theirs)
    running.source.tell(Complete(), Gone("node2-billing"))
    await running.settled()
    assert (other.identity, running.writer.identity) == ("script.two", "script")
    assert (await running.store.get("node2-billing")).name == "node2-billing"


async def test_once_writes_what_there_is_and_returns() -> None:
    source = Script()
    async with ModuleStore(MemoryStore()) as store:
        await store.create(Module(ObjectMeta(name="node1-old", labels={SOURCE_LABEL: "script", "team": "money"})))
        writer = ModuleWriter(store, [source])
        source.tell(Present("node1-billing", status()), Present("-bad-", status()), Complete())
        await writer.run_once()
        assert [module.name for module in (await store.list()).modules] == ["node1-billing"]
        assert [name for name, _ in writer.statistics().failed] == ["-bad-"]


async def test_once_does_not_wait_for_a_store_that_is_away() -> None:
    source, kv = Script(), MemoryStore()
    async with ModuleStore(kv) as store:
        kv.go_away()
        source.tell(Present("node1-billing", status()))
        with pytest.raises(Unavailable):
            await ModuleWriter(store, [source]).run_once()


class Late(MemoryStore):
    """Answers the first write too late."""

    late = True

    async def create(self, key: str, value: bytes, *, lease: int = 0) -> int:
        if self.late:
            self.late = False
            raise DeadlineExceeded("etcd", 2)
        return await super().create(key, value, lease=lease)


async def test_a_store_that_is_late_costs_no_attempt() -> None:
    source = Script()
    async with ModuleStore(Late()) as store, store.watch("node1-billing") as watch:
        writer = ModuleWriter(store, [source], attempts=1)
        source.tell(Present("node1-billing", status()))
        running = asyncio.create_task(writer.run())
        while not (await anext(watch)).changes:
            pass
        assert (writer.statistics().retried, writer.statistics().failed) == (1, ())
        running.cancel()
        await asyncio.wait({running})


async def test_after_a_new_beginning_only_our_own_leftovers_go(running: Running) -> None:
    await running.store.create(Module(ObjectMeta(name="by-hand")))
    running.source.tell(Present("node1-billing", status()), Present("node1-stock", status()), Complete())
    await running.settled()
    running.source.tell(None)
    await running.clock.wait_sleeping(RETRYING)
    running.source.tell(Present("node1-stock", status()), Complete())
    await running.clock.advance(60)
    await running.settled()
    assert [module.name for module in (await running.store.list()).modules] == ["by-hand", "node1-stock"]


async def test_nothing_goes_while_a_source_is_away(running: Running) -> None:
    running.source.tell(Present("node1-billing", status()), Complete())
    await running.settled()
    running.source.tell(None)
    for _ in range(3):
        await running.clock.wait_sleeping(RETRYING)
        await running.clock.advance(60)
        running.source.tell(None)
    await running.clock.wait_sleeping(RETRYING)
    assert [module.name for module in (await running.store.list()).modules] == ["node1-billing"]
    assert running.source.streams > 1


async def test_an_object_that_somebody_else_made_is_not_removed(running: Running) -> None:
    await running.store.create(Module(ObjectMeta(name="by-hand")))
    running.source.tell(Complete(), Gone("by-hand"))
    await running.settled()
    assert (await running.store.get("by-hand")).name == "by-hand"


async def test_a_store_that_is_away_for_long_loses_nothing() -> None:
    async with run_writer() as running:
        running.kv.go_away()
        running.source.tell(*(Present(f"node1-m{i:02}", status()) for i in range(20)))
        for _ in range(10):
            await running.clock.wait_sleeping(RETRYING)
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
        await running.clock.wait_sleeping(RETRYING)
        await running.clock.advance(1)
        assert running.writer.statistics().waiting <= 6
        assert running.source.told.qsize() >= 13


async def test_what_cannot_be_written_is_told_while_it_runs(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    running.source.tell(*(Present(name, status()) for name in ("-bad-", "-old name-", "node1-billing")), Complete())
    await running.settled()
    assert [name for name, _ in running.writer.statistics().failed] == ["-bad-", "-old name-"]
    assert ("-old name-" in caplog.text, (await running.store.get("node1-billing")).spec) == (True, ModuleSpec())
    running.source.tell(None, Present("-bad-", status()), Complete())
    await running.clock.wait_sleeping(RETRYING)
    await running.clock.advance(60)
    await running.settled()
    assert [name for name, _ in running.writer.statistics().failed] == ["-bad-"]


async def test_a_value_that_cannot_be_read_is_reported_and_tried_until_it_can(running: Running) -> None:
    await running.kv.put(key_of("node1-billing"), b"{broken")
    running.source.tell(Present("node1-billing", status()), Complete())
    await running.source.told.join()
    for _ in range(100):
        await running.clock.wait_sleeping(RETRYING)
        await running.clock.advance(10)
    statistics = running.writer.statistics()
    assert [name for name, _ in statistics.failed] == ["node1-billing"]
    assert statistics.retried > 50
    await running.kv.delete(key_of("node1-billing"))
    settling = asyncio.ensure_future(running.settled())
    while not settling.done():
        await running.clock.advance(10)
    assert (await running.store.get("node1-billing")).status == status()
    assert running.writer.statistics().failed == ()


async def test_what_is_tried_once_only_is_given_up_after_some_tries() -> None:
    clock, kv, source = FakeClock(), MemoryStore(), Script()
    async with ModuleStore(kv) as store:
        writer = ModuleWriter(store, [source], attempts=3, clock=clock)
        await kv.put(key_of("node1-billing"), b"{broken")
        source.tell(Present("node1-billing", status()), Complete())
        once = asyncio.ensure_future(writer.run_once())
        while not once.done():
            await clock.advance(10)
        await once
        assert [name for name, _ in writer.statistics().failed] == ["node1-billing"]
        assert writer.statistics().retried == 2


async def test_a_crowd_that_is_refused_is_one_line(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("corvo_agent.writer.writer.retries")
    logger.filters[:] = [ThinningFilter(30.0)]
    for number in range(20):
        await running.kv.put(key_of(f"node1-m{number}"), b"{broken")
    running.source.tell(*(Present(f"node1-m{number}", status()) for number in range(20)), Complete())
    await running.source.told.join()
    for _ in range(10):
        await running.clock.wait_sleeping(RETRYING)
        await running.clock.advance(10)
    assert running.writer.statistics().retried > 100
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
