"""A watch in a process that renews a lease: its renewals speak for the stream, and hardly anything is read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from corvo_agent.errors import Unavailable
from corvo_agent.modules.kv import ChangeType, KeyRange, Range
from corvo_agent.modules.watching.batches import Cause
from corvo_agent.modules.watching.watch import Watch
from corvo_agent.testing import FakeClock, MemoryStore
from tests.modules.watching.stepping import advance_until, next_batch, told


class Leased(MemoryStore):
    """Its lease is renewed every six seconds; counts what is read."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock=clock)
        self.clock = clock
        self.reads = 0
        self.lease = 0

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
        self.reads += 1
        return await super().range(
            prefix, exact=exact, limit=limit, keys_only=keys_only, newer_than=newer_than, also=also
        )

    async def pass_time(self, seconds: float) -> None:
        """Let it pass, with a renewal every six seconds."""
        for _ in range(round(seconds / 6)):
            self.lease = self.lease or await self.grant_lease(10_000)
            await self.keep_lease(self.lease)
            await self.clock.advance(6)


async def test_nothing_is_read_while_nothing_is_written_but_what_the_stream_tells() -> None:
    clock = FakeClock()
    store = Leased(clock)
    await store.put("/a", b"1")
    async with Watch(store, "/a", exact=True, clock=clock) as watch:
        await anext(watch)
        for _ in range(4):
            await store.pass_time(60)
            await store.put("/a", b"2")
            assert (await anext(watch)).cause is Cause.CHANGES
        assert store.reads <= 2
        confirmed = watch.statistics().confirmed_at
        assert confirmed is not None
        assert clock.monotonic() - confirmed <= 16
        await store.pass_time(600)
        assert 2 <= store.reads <= 5


async def test_others_that_are_written_cost_a_read_a_minute() -> None:
    clock = FakeClock()
    store = Leased(clock)
    async with Watch(store, "/a", exact=True, clock=clock) as watch:
        await anext(watch)
        for _ in range(100):
            await store.put("/elsewhere", b"")
            await store.pass_time(6)
        assert 8 <= store.reads <= 12
        statistics = watch.statistics()
        assert (statistics.connected, statistics.reconnects, statistics.last_error) == (True, 0, "")


@pytest.mark.parametrize(("busy", "seconds"), [(False, 12), (True, 90)])
async def test_a_stream_that_is_silent_in_a_healthy_store_is_found(busy: bool, seconds: float) -> None:
    clock = FakeClock()
    store = Leased(clock)
    await store.put("/a", b"1")
    async with Watch(store, "/a", exact=True, clock=clock) as watch:
        await anext(watch)
        if busy:
            await store.put("/elsewhere", b"")
        await store.pass_time(12)
        store.silence_streams()
        await store.put("/a", b"2")
        batch, started = next_batch(watch), clock.monotonic()
        while not batch.done():
            await store.pass_time(6)
        assert (batch.result().cause, told(batch.result())) == (
            Cause.CHANGES,
            [(ChangeType.UPDATED, "/a", store.revision)],
        )
        assert clock.monotonic() - started <= seconds


async def test_a_renewal_that_fails_brings_the_reading_back() -> None:
    clock = FakeClock()
    store = Leased(clock)
    await store.put("/a", b"1")
    async with Watch(store, "/a", exact=True, clock=clock) as watch:
        await anext(watch)
        await store.pass_time(60)
        store.silence_streams()
        store._away = True
        with pytest.raises(Unavailable):
            await store.keep_lease(store.lease)
        store.come_back()
        await store.put("/a", b"2")
        started = clock.monotonic()
        batch = await advance_until(clock, next_batch(watch), 0.25)
        assert told(batch) == [(ChangeType.UPDATED, "/a", store.revision)]
        assert clock.monotonic() - started <= 10


async def test_other_data_is_found_though_the_renewals_go_on() -> None:
    clock = FakeClock()
    store = Leased(clock)
    await store.put("/a", b"1")
    async with Watch(store, "/a", exact=True, clock=clock) as watch:
        await anext(watch)
        await store.pass_time(60)
        store.cluster = "another"
        batch = next_batch(watch)
        await store.pass_time(18)
        assert batch.done()
        assert (batch.result().cause, batch.result().changes) == (Cause.RESYNC, ())
