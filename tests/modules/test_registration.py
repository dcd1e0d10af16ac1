"""An agent writes that it has started, and leaves to people what is theirs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from corvo_agent.backoff import Backoff
from corvo_agent.errors import InvalidArgument, RemoteError, Unavailable
from corvo_agent.modules import (
    MemoryStore,
    ModuleSpec,
    ModuleStore,
    ServicePort,
    StartReport,
    key_of,
    register,
)
from corvo_agent.testing import FakeClock

NAME = "node1-pen-npm"
KEY = key_of(NAME)
REPORT = StartReport(
    NAME, 1_000, node="node1", module="pen-npm", service="pod-1", service_ports=(ServicePort("pen-npm", 9005),)
)


def next_start(number: int, reason: str = "") -> StartReport:
    return StartReport(NAME, 1_000 + number, node="node1", module="pen-npm", restart_reason=reason)


async def test_an_absent_module_is_created_without_a_level_unless_one_is_given() -> None:
    store = ModuleStore(MemoryStore())
    module = await register(store, REPORT)
    assert module.spec == ModuleSpec()
    other = await register(store, replace(REPORT, name="node1-other", log_level="Debug"))
    assert other.spec.log_level == "Debug"
    status = module.status
    assert (status.node, status.module, status.category, status.service) == ("node1", "pen-npm", "Venice", "pod-1")
    assert (status.last_start, status.restart_count) == (1_000, 0)
    assert status.service_ports == (ServicePort("pen-npm", 9005),)
    assert module.meta.generation_id == "1"


async def test_each_start_counts_once() -> None:
    store = ModuleStore(MemoryStore())
    await register(store, REPORT)
    second = await register(store, next_start(1, "killed"))
    assert (second.status.restart_count, second.status.last_restart_reason) == (1, "killed")
    again = await register(store, next_start(1, "killed"))
    assert again == second
    third = await register(store, next_start(2))
    assert (third.status.restart_count, third.status.last_start) == (2, 1_002)
    assert third.status.last_restart_reason == "killed"
    assert third.status.service == "pod-1"


async def test_a_process_that_moved_to_another_port_says_so_without_counting() -> None:
    store = ModuleStore(MemoryStore())
    await register(store, REPORT)
    moved = await register(store, replace(REPORT, node="node2", service_ports=(ServicePort("pen-npm", 9006),)))
    assert moved.status.service_ports == (ServicePort("pen-npm", 9006),)
    assert (moved.status.node, moved.status.restart_count) == ("node2", 0)


async def test_what_people_wrote_is_left_alone() -> None:
    store = ModuleStore(MemoryStore())
    await store.kv.put(
        KEY,
        b'{"spec":{"log-level":"Debug","sampling":1},"owner":"x","status":{"category":"naples","phase":"Running",'
        b'"service-ports":[{"name":"http","port":80},{"name":"pen-npm","port":1}]}}',
    )
    module = await register(store, REPORT)
    assert module.meta.generation_id == ""
    item = await store.kv.get(KEY)
    assert item is not None
    stored = json.loads(item.value)
    assert stored["spec"] == {"log-level": "Debug", "sampling": 1}
    assert (stored["owner"], stored["status"]["phase"], stored["status"]["category"]) == ("x", "Running", "naples")
    assert stored["status"]["service-ports"] == [{"name": "http", "port": 80}, {"name": "pen-npm", "port": 9005}]
    # Prepared by hand, never run before: this start is no restart.
    assert "restart-count" not in stored["status"]


async def test_a_full_counter_stays_full() -> None:
    store = ModuleStore(MemoryStore())
    await store.kv.put(KEY, b'{"status":{"restart-count":2147483647}}')
    assert (await register(store, REPORT)).status.restart_count == 2**31 - 1


async def test_unnamed_ports_are_kept_apart() -> None:
    store = ModuleStore(MemoryStore())
    await store.kv.put(KEY, b'{"status":{"service-ports":[{"port":80},{"port":81}]}}')
    module = await register(store, StartReport(NAME, 5, service_ports=(ServicePort("", 81), ServicePort("a", 82))))
    assert module.status.service_ports == (ServicePort("", 80), ServicePort("", 81), ServicePort("a", 82))


class Unlucky(MemoryStore):
    """The first writes fail in the ways of a store that others use, too."""

    def __init__(self, *, applied: bool) -> None:
        super().__init__()
        self.applied = applied
        self.failures = 3

    async def create(self, key: str, value: bytes, *, lease: int = 0) -> int:
        await self._fail(key, value)
        return await super().create(key, value, lease=lease)

    async def update(self, key: str, value: bytes, *, expected: int | None = None, lease: int = 0) -> int:
        await self._fail(key, value)
        return await super().update(key, value, expected=expected, lease=lease)

    async def _fail(self, key: str, value: bytes) -> None:
        if self.failures:
            self.failures -= 1
            if self.applied:
                # The answer gets lost, the write does not.
                await self.put(key, value)
            elif self.failures == 2:
                await self.put(key, b'{"status":{"restart-count":4}}')
            elif self.failures == 1:
                await self.delete(key)
            raise Unavailable("etcd", "the connection broke")


@pytest.mark.parametrize("applied", [True, False])
async def test_a_write_that_was_cut_off_counts_once(*, applied: bool) -> None:
    clock, kv = FakeClock(), Unlucky(applied=applied)
    store = ModuleStore(kv, clock=clock)
    task = asyncio.create_task(register(store, REPORT))
    while not task.done():
        await clock.advance(1)
    assert (await task).status.restart_count == 0
    assert (await store.get(NAME)).status.last_start == 1_000


async def test_it_waits_for_the_store_and_may_be_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    clock, kv = FakeClock(), MemoryStore()
    kv.go_away()
    store = ModuleStore(kv, clock=clock)
    given_up = asyncio.create_task(register(store, REPORT))
    task = asyncio.create_task(register(store, REPORT, backoff=Backoff(1, 2)))
    await clock.advance(60)
    assert not task.done()
    given_up.cancel()
    kv.come_back()
    await clock.advance(3)
    assert (await task).name == NAME
    await asyncio.wait({given_up})
    assert given_up.cancelled()
    assert caplog.text.count("is not reported yet") == 2


async def test_a_value_that_cannot_be_read_is_not_overwritten(caplog: pytest.LogCaptureFixture) -> None:
    clock, kv = FakeClock(), MemoryStore()
    store = ModuleStore(kv, clock=clock)
    await kv.put(KEY, b"people are still editing")
    task = asyncio.create_task(register(store, REPORT))
    await clock.advance(60)
    assert not task.done()
    item = await kv.get(KEY)
    assert item is not None
    assert item.mod_revision == 2
    await kv.put(KEY, b'{"spec":{"log-level":"Warn"}}')
    await clock.advance(10)
    assert (await task).spec.log_level == "Warn"
    assert caplog.text.count("is not reported yet") == 1


async def test_a_report_that_is_wrong_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        await register(ModuleStore(MemoryStore()), StartReport("no/name", 1))
    with pytest.raises(InvalidArgument):
        await register(ModuleStore(MemoryStore()), StartReport(NAME, 1, log_level="Loud"))


async def test_a_start_is_reported_beside_a_mistyped_level_which_stays() -> None:
    store = ModuleStore(MemoryStore())
    await store.kv.put(KEY, b'{"spec":{"log-level":"loud"}}')
    assert (await register(store, REPORT)).status.last_start == 1_000
    found = await store.get(NAME)
    assert (found.status.last_start, found.unread) == (1_000, {"spec": {"log-level": "loud"}})


class Refusing(MemoryStore):
    """Refuses the first writes."""

    refusals = 2

    async def create(self, key: str, value: bytes, *, lease: int = 0) -> int:
        if self.refusals:
            self.refusals -= 1
            raise RemoteError("etcd", "RESOURCE_EXHAUSTED", "mvcc: database space exceeded")
        return await super().create(key, value, lease=lease)


async def test_a_store_that_refuses_is_asked_again() -> None:
    clock = FakeClock()
    task = asyncio.create_task(register(ModuleStore(Refusing(), clock=clock), REPORT))
    while not task.done():
        await clock.advance(1)
    assert (await task).status.last_start == 1_000
