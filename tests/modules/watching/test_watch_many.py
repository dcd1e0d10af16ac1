"""A watch of many keys: asked for little while nothing happens, and nothing is missed all the same."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from corvo_agent.modules.kv import ChangeType, Count, KeyRange, Range
from corvo_agent.modules.watching.batches import Cause
from corvo_agent.modules.watching.watch import Watch
from corvo_agent.testing import FakeClock, MemoryStore
from tests.modules.watching.stepping import advance_until, next_batch, told


class Counted(MemoryStore):
    """Tells how often it was asked for its revision, for a count, for what is new, and for all keys."""

    moments = counts = looks = listings = 0

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
        self.looks += bool(newer_than)
        self.listings += not newer_than
        return await super().range(
            prefix, exact=exact, limit=limit, keys_only=keys_only, newer_than=newer_than, also=also
        )

    async def count(self, prefix: str, *, exact: bool = False) -> Count:
        self.moments += exact
        self.counts += not exact
        return await super().count(prefix, exact=exact)


MANY = 30_000
#: Seconds between two looks through so many.
LOOK = MANY / 1000


async def many() -> Counted:
    store = Counted()
    for number in range(MANY):
        await store.put(f"/p/{number}", b"1")
    return store


async def test_many_keys_are_not_looked_at_while_nothing_is_written_but_what_the_stream_tells() -> None:
    clock, store = FakeClock(), await many()
    async with Watch(store, "/p/", clock=clock, check_interval=4) as watch:
        await anext(watch)
        for number in range(10):
            await clock.advance(4)
            await store.put("/p/1", b"%d" % number)
            await store.put(f"/p/more-{number}", b"")
            if number % 2:
                await store.delete(f"/p/more-{number}")
            while watch.statistics().revision < store.revision:
                await anext(watch)
        await clock.advance(4)
        assert store.moments >= 10
        assert (store.listings, store.looks, store.counts) == (1, 0, 0)
        confirmed = watch.statistics().confirmed_at
        assert confirmed is not None
        assert clock.monotonic() - confirmed <= 4


async def test_many_keys_are_looked_through_now_and_then_while_others_are_written() -> None:
    clock, store = FakeClock(), await many()
    async with Watch(store, "/p/", clock=clock, check_interval=4) as watch:
        await anext(watch)
        for _ in range(100):
            await store.put("/elsewhere", b"")
            await clock.advance(2)
        assert 200 / LOOK - 2 <= store.looks <= 200 / LOOK + 1
        assert store.listings == 1
        statistics = watch.statistics()
        assert (statistics.connected, statistics.reconnects, statistics.last_error) == (True, 0, "")
        assert statistics.confirmed_at is not None
        assert clock.monotonic() - statistics.confirmed_at <= LOOK + 4


@pytest.mark.parametrize("change", ["create", "update", "delete", "both"])
async def test_a_silent_stream_of_many_keys_is_found(change: str) -> None:
    clock, store = FakeClock(), await many()
    async with Watch(store, "/p/", clock=clock, check_interval=4) as watch:
        await anext(watch)
        await store.put("/elsewhere", b"")
        await clock.advance(8)
        store.silence_streams()
        if change in ("create", "both"):
            await store.put("/p/new", b"1")
        if change in ("delete", "both"):
            # As many keys as before.
            await store.delete("/p/7")
        if change == "update":
            await store.put("/p/7", b"2")
        started = clock.monotonic()
        batch = await advance_until(clock, next_batch(watch), 0.25)
        assert batch.cause is Cause.CHANGES
        assert batch.revision == store.revision
        assert clock.monotonic() - started <= (4 if change in ("create", "delete") else 4 + LOOK)


async def test_a_change_of_many_keys_that_no_stream_will_ever_tell_comes_with_a_snapshot() -> None:
    clock, store = FakeClock(), await many()
    async with Watch(store, "/p/", clock=clock, check_interval=4) as watch:
        await anext(watch)
        store.remove_silently("/p/7")
        batch = await advance_until(clock, next_batch(watch), 0.25)
        assert batch.cause is Cause.RESYNC
        assert told(batch) == [(ChangeType.DELETED, "/p/7", store.revision)]
        assert clock.monotonic() <= 9


async def test_a_storm_elsewhere_and_here_is_compared_as_a_whole() -> None:
    clock, store = FakeClock(), await many()
    async with Watch(store, "/p/", clock=clock, check_interval=4) as watch:
        await anext(watch)
        for number in range(600):
            await store.put("/elsewhere", b"")
            await store.put(f"/p/{number}", b"2")
        while watch.statistics().revision < store.revision:
            await anext(watch)
        await clock.advance(4)
        assert (store.looks, store.listings) == (1, 2)
        assert watch.statistics().confirmed_at is not None
        assert watch.statistics().reconnects == 0


async def test_other_data_of_many_keys_is_recognised_by_its_count() -> None:
    clock, store = FakeClock(), await many()
    async with Watch(store, "/p/", clock=clock, check_interval=4) as watch:
        await anext(watch)
        await clock.wait_sleeping()
        store.cluster = "another"
        batch = await advance_until(clock, next_batch(watch), 0.25)
        assert (batch.cause, batch.changes) == (Cause.RESYNC, ())
        assert clock.monotonic() <= 5
