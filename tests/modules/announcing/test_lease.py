"""An announcement stands while its agent lives, and never longer than its lease."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from corvo_agent.errors import Unavailable
from corvo_agent.modules import (
    AppliedLevel,
    Endpoint,
    EndpointLease,
    EndpointState,
    MemoryStore,
    encode_endpoint,
    find_endpoint,
)
from corvo_agent.modules.announcing.endpoint import Worker
from corvo_agent.modules.announcing.workers import find_workers
from corvo_agent.modules.kv import Change, ChangeType, KeyRange, Range
from corvo_agent.modules.watching.watch import Watch
from corvo_agent.testing import FakeClock

NAME = "node1-pen-npm"
KEY = "/corvo/v1/modules/node1-pen-npm/endpoint"
OLD = Endpoint("127.0.0.1:7001", 11, 1_000_000_000, "1.0", "pen-npm")
YOUNG = Endpoint("127.0.0.1:7002", 12, 2_000_000_000, "1.0", "pen-npm")


async def reach(lease: EndpointLease, state: EndpointState, clock: FakeClock) -> None:
    """Let time pass until the announcement is in ``state``."""
    waiting = asyncio.create_task(lease.wait_for(state))
    while not waiting.done():
        await clock.advance(0.5)


def state_of(lease: EndpointLease) -> EndpointState:
    """Its state at this moment; it changes while a test awaits something."""
    return lease.state


async def test_it_is_announced_while_entered_and_found_by_name() -> None:
    store = MemoryStore()
    async with EndpointLease(store, NAME, OLD) as lease:
        await lease.wait_for(EndpointState.ANNOUNCED)
        assert await find_endpoint(store, NAME) == OLD
        item = await store.get(KEY)
        assert item is not None
        assert json.loads(item.value) == {
            "address": "127.0.0.1:7001",
            "pid": 11,
            "started": "1970-01-01T00:00:01Z",
            "version": "1.0",
            "module": "pen-npm",
        }
        assert item.lease
    assert lease.state is EndpointState.PENDING
    assert await find_endpoint(store, NAME) is None
    await lease.aclose()


async def test_it_is_kept_alive_and_ends_with_its_process() -> None:
    clock = FakeClock()
    async with MemoryStore(clock=clock) as store:
        lease = EndpointLease(store, NAME, OLD, ttl=15, clock=clock)
        await lease.__aenter__()
        await reach(lease, EndpointState.ANNOUNCED, clock)
        await clock.advance(100)
        assert await find_endpoint(store, NAME) == OLD
        # As a killed process: nobody takes it back.
        assert lease._task is not None
        lease._task.cancel()
        await clock.advance(8)
        assert await find_endpoint(store, NAME) == OLD
        await clock.advance(8)
        assert await find_endpoint(store, NAME) is None
        await lease.aclose()


async def test_it_comes_back_after_whatever_takes_it_away(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    async with MemoryStore(clock=clock) as store, EndpointLease(store, NAME, OLD, ttl=15, clock=clock) as lease:
        await reach(lease, EndpointState.ANNOUNCED, clock)
        await store.delete(KEY)
        await clock.advance(6)
        assert await find_endpoint(store, NAME) == OLD
        store.replace_data()
        await clock.advance(6)
        assert await find_endpoint(store, NAME) == OLD
        # Not the only write within a minute.
        await store.put(KEY, b"garbage")
        await clock.advance(80)
        assert await find_endpoint(store, NAME) == OLD
        # Whoever watches the key finds it at once.
        item = await store.get(KEY)
        assert item is not None
        lease.heard([Change(ChangeType.UPDATED, KEY, item.mod_revision, item)])
        assert not lease._told.is_set()
        item = await store.delete(KEY)
        lease.heard([Change(ChangeType.DELETED, KEY, store.revision, item)])
        await clock.advance(1)
        assert await find_endpoint(store, NAME) == OLD
        store.go_away()
        await clock.advance(20)
        assert state_of(lease) is EndpointState.PENDING
        assert "away" in lease.last_error
        store.come_back()
        await clock.advance(6)
        assert state_of(lease) is EndpointState.ANNOUNCED
        assert await find_endpoint(store, NAME) == OLD
    assert caplog.text.count("is not announced") == 1


async def test_it_is_announced_when_the_store_appears() -> None:
    clock = FakeClock()
    store = MemoryStore(clock=clock)
    store.go_away()
    async with EndpointLease(store, NAME, OLD, clock=clock) as lease:
        await clock.advance(60)
        store.come_back()
        await reach(lease, EndpointState.ANNOUNCED, clock)
        assert await find_endpoint(store, NAME) == OLD


async def test_the_younger_process_has_the_name(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    async with MemoryStore(clock=clock) as store, EndpointLease(store, NAME, OLD, clock=clock) as old:
        await reach(old, EndpointState.ANNOUNCED, clock)
        async with EndpointLease(store, NAME, YOUNG, clock=clock) as young:
            await reach(young, EndpointState.ANNOUNCED, clock)
            await reach(old, EndpointState.SUPERSEDED, clock)
            await clock.advance(60)
            assert await find_endpoint(store, NAME) == YOUNG
            # The old one lives as well, and can be found and asked.
            found = [(each.worker.id, each.endpoint) for each in await find_workers(store, NAME)]
            assert found == [("", YOUNG), ("pid-11", OLD)]
        await reach(old, EndpointState.ANNOUNCED, clock)
        assert [each.endpoint for each in await find_workers(store, NAME)] == [OLD]
        assert len((await store.range("/corvo/")).items) == 1
    assert await find_workers(store, NAME) == ()
    assert caplog.text.count("belongs to a younger process") == 1


async def test_an_old_process_that_ends_leaves_the_young_one_announced() -> None:
    clock = FakeClock()
    async with MemoryStore(clock=clock) as store:
        async with EndpointLease(store, NAME, OLD, clock=clock) as old:
            await reach(old, EndpointState.ANNOUNCED, clock)
            young = EndpointLease(store, NAME, YOUNG, clock=clock)
            await young.__aenter__()
            await reach(young, EndpointState.ANNOUNCED, clock)
        assert await find_endpoint(store, NAME) == YOUNG
        await young.aclose()


async def test_an_old_process_that_starts_to_announce_waits_from_the_start() -> None:
    clock = FakeClock()
    async with MemoryStore(clock=clock) as store, EndpointLease(store, NAME, YOUNG, clock=clock) as young:
        await reach(young, EndpointState.ANNOUNCED, clock)
        async with EndpointLease(store, NAME, OLD, clock=clock) as old:
            await reach(old, EndpointState.SUPERSEDED, clock)
        assert await find_endpoint(store, NAME) == YOUNG


async def test_what_lies_there_without_a_lease_is_nobodys() -> None:
    store = MemoryStore()
    await store.put(KEY, encode_endpoint(YOUNG))
    async with EndpointLease(store, NAME, OLD) as lease:
        await lease.wait_for(EndpointState.ANNOUNCED)
        assert await find_endpoint(store, NAME) == OLD


class Racing(MemoryStore):
    """Somebody else writes and deletes between our reading and our writing, a few times."""

    def __init__(self) -> None:
        super().__init__()
        self.races = 3

    async def create(self, key: str, value: bytes, *, lease: int = 0) -> int:
        if self.races and key == KEY:
            self.races -= 1
            await self.put(key, encode_endpoint(OLD))
        return await super().create(key, value, lease=lease)

    async def update(self, key: str, value: bytes, *, expected: int | None = None, lease: int = 0) -> int:
        if self.races:
            self.races -= 1
            await self.delete(key)
        return await super().update(key, value, expected=expected, lease=lease)


async def test_races_end_well() -> None:
    clock, store = FakeClock(), Racing()
    async with EndpointLease(store, NAME, YOUNG, clock=clock) as lease:
        await reach(lease, EndpointState.ANNOUNCED, clock)
        assert await find_endpoint(store, NAME) == YOUNG


class Broken(MemoryStore):
    """Has a fault that is no CorvoError, once; then never ends a lease."""

    faults = 1

    async def grant_lease(self, ttl: float) -> int:
        if self.faults:
            self.faults -= 1
            raise KeyError("our own fault")
        return await super().grant_lease(ttl)

    async def revoke_lease(self, lease: int) -> None:
        await asyncio.Event().wait()


async def test_faults_of_ours_are_logged_and_closing_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    clock, store = FakeClock(), Broken()
    caplog.set_level("INFO")
    async with EndpointLease(store, NAME, YOUNG, close_timeout=0.04, clock=clock) as lease:
        await reach(lease, EndpointState.ANNOUNCED, clock)
    assert "our own fault" in caplog.text
    assert "ends with its lease: no answer in time" in caplog.text


async def test_an_address_that_is_not_known_yet_is_looked_for_until_it_is(caplog: pytest.LogCaptureFixture) -> None:
    clock, store = FakeClock(), MemoryStore()
    found: list[str] = []

    async def find() -> str:
        if not found:
            raise Unavailable("0.0.0.0", "there is no network yet")
        return found[-1]

    nowhere = Endpoint("", 11, 1_000_000_000)
    async with EndpointLease(store, NAME, nowhere, find_address=find, clock=clock) as lease:
        await clock.advance(30)
        assert (state_of(lease), await find_endpoint(store, NAME)) == (EndpointState.PENDING, None)
        assert "no network yet" in lease.last_error
        found.append("10.0.0.1:1")
        await reach(lease, EndpointState.ANNOUNCED, clock)
        assert await find_endpoint(store, NAME) == Endpoint("10.0.0.1:1", 11, 1_000_000_000)
    assert caplog.text.count("is not announced: 0.0.0.0 is unavailable: there is no network yet") == 1


class Counting(MemoryStore):
    """Counts the writes of the endpoint."""

    writes = 0

    async def update(self, key: str, value: bytes, *, expected: int | None = None, lease: int = 0) -> int:
        self.writes += 1
        return await super().update(key, value, expected=expected, lease=lease)


async def test_a_level_is_announced_soon_and_many_in_a_row_with_few_writes() -> None:
    clock = FakeClock()
    async with Counting(clock=clock) as store, EndpointLease(store, NAME, OLD, clock=clock) as lease:
        await reach(lease, EndpointState.ANNOUNCED, clock)
        for number in range(100):
            lease.tell(AppliedLevel(str(number)))
        await clock.advance(2)
        assert await find_endpoint(store, NAME) == replace(OLD, level=AppliedLevel("99"))
        assert store.writes == 1
        # It is the same process still, whatever it says of its level while its lease is lost.
        store.replace_data()
        await store.put(KEY, encode_endpoint(OLD), lease=await store.grant_lease(1000))
        lease.tell(AppliedLevel("Info"))
        await clock.advance(2)
        assert state_of(lease) is EndpointState.ANNOUNCED
        assert await find_endpoint(store, NAME) == replace(OLD, level=AppliedLevel("Info"))


async def test_a_process_among_several_is_announced_beside_the_others() -> None:
    store = MemoryStore()
    async with EndpointLease(store, NAME, OLD) as lease, EndpointLease(store, NAME, YOUNG, worker="3") as third:
        await lease.wait_for(EndpointState.ANNOUNCED)
        await third.wait_for(EndpointState.ANNOUNCED)
        found = await find_workers(store, NAME)
        assert [(each.worker.id, each.endpoint) for each in found] == [("", OLD), ("3", YOUNG)]
        lease.tell_workers((Worker("1", 12), Worker("2", 13)))
        async with Watch(store, KEY, exact=True) as watch:
            async for _ in watch:
                ids = [each.worker.id for each in await find_workers(store, NAME)]
                if "1" in ids:
                    break
        assert ids == ["1", "2", "3"]
    assert await find_workers(store, NAME) == ()


class Asked(MemoryStore):
    """Counts its calls."""

    renewals = looks = 0

    async def keep_lease(self, lease: int) -> float:
        self.renewals += 1
        return await super().keep_lease(lease)

    async def range(
        self,
        prefix: str,
        *,
        exact: bool = False,
        limit: int = 0,
        keys_only: bool = False,
        newer_than: int = 0,
        also: Sequence[KeyRange] = (),
    ) -> Range:
        self.looks += 1
        return await super().range(
            prefix, exact=exact, limit=limit, keys_only=keys_only, newer_than=newer_than, also=also
        )


@pytest.mark.parametrize(("written", "looks"), [(False, 3), (True, 11)])
async def test_it_asks_for_little_while_it_stands(written: bool, looks: int) -> None:
    clock = FakeClock()
    async with Asked(clock=clock) as store, EndpointLease(store, NAME, OLD, ttl=15, clock=clock) as lease:
        await reach(lease, EndpointState.ANNOUNCED, clock)
        for _ in range(100):
            if written:
                await store.put("/elsewhere", b"")
            await clock.advance(6)
        assert 99 <= store.renewals <= 101
        assert store.looks <= looks
