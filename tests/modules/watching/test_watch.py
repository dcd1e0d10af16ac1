"""A watch loses nothing and tells nothing twice, whatever the store does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import pytest

from corvo_agent.backoff import Backoff
from corvo_agent.errors import Compacted, DeadlineExceeded, PermissionRefused, ResourceExhausted, Unavailable
from corvo_agent.modules.kv import Change, ChangeType, KeyRange, Range
from corvo_agent.modules.watching.batches import Cause, WatchBatch
from corvo_agent.modules.watching.watch import Watch
from corvo_agent.testing import FakeClock, MemoryStore
from tests.modules.watching.stepping import advance_until, next_batch, told

CREATED, UPDATED, DELETED = ChangeType.CREATED, ChangeType.UPDATED, ChangeType.DELETED


async def test_a_snapshot_first_and_then_each_change() -> None:
    store = MemoryStore()
    await store.put("/p/a", b"1")
    await store.put("/q", b"1")
    async with Watch(store, "/p/") as watch:
        first = await anext(watch)
        assert (first.cause, told(first), first.revision) == (Cause.SNAPSHOT, [(CREATED, "/p/a", 2)], 3)
        await store.put("/p/b", b"1")
        await store.put("/q", b"2")
        await store.delete("/p/a")
        second = await anext(watch)
        assert second.cause is Cause.CHANGES
        assert told(second) == [(CREATED, "/p/b", 4), (DELETED, "/p/a", 6)]
        statistics = watch.statistics()
        assert (statistics.connected, statistics.revision, statistics.keys, statistics.changes) == (True, 6, 1, 3)
        assert statistics.last_change_time > 0
        assert statistics.confirmed_at is not None
        assert repr(watch) == "<Watch of /p/, connected, revision 6>"


async def test_an_empty_snapshot_is_told_too() -> None:
    async with Watch(MemoryStore(), "/p/", exact=True) as watch:
        await watch.wait_synced()
        assert await anext(watch) == WatchBatch(Cause.SNAPSHOT, (), 1)


async def test_it_waits_for_a_store_that_is_not_there_yet(caplog: pytest.LogCaptureFixture) -> None:
    clock, store = FakeClock(), MemoryStore()
    store.go_away()
    async with Watch(store, "/a", exact=True, clock=clock) as watch:
        batch = next_batch(watch)
        for _ in range(20):
            await clock.wait_sleeping()
            await clock.advance(5)
        assert not watch.statistics().connected
        assert "away" in watch.statistics().last_error
        store.come_back()
        await store.put("/a", b"1")
        assert told(await advance_until(clock, batch)) == [(CREATED, "/a", 2)]
        assert watch.statistics().connected
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


async def test_a_broken_stream_is_resumed_at_the_next_revision() -> None:
    clock, store = FakeClock(), MemoryStore()
    await store.put("/a", b"1")
    async with Watch(store, "/", clock=clock) as watch:
        await anext(watch)
        await clock.wait_sleeping()
        for round_ in range(5):
            store.disconnect()
            await store.put("/a", b"2")
            await store.put("/a", b"3")
            batch = await advance_until(clock, next_batch(watch))
            assert batch.cause is Cause.CHANGES
            assert told(batch) == [(UPDATED, "/a", 3 + 2 * round_), (UPDATED, "/a", 4 + 2 * round_)]
        assert watch.statistics().reconnects == 5
        assert watch.statistics().resyncs == 0


async def test_a_compacted_history_becomes_a_difference() -> None:
    clock, store = FakeClock(), MemoryStore()
    for key in ("/same", "/changed", "/lost"):
        await store.put(key, b"1")
    async with Watch(store, "/", clock=clock) as watch:
        await anext(watch)
        store.go_away()
        await clock.wait_sleeping()
        store.come_back()
        await store.put("/changed", b"2")
        await store.put("/new", b"1")
        await store.delete("/lost")
        await store.put("/elsewhere", b"")
        await store.delete("/elsewhere")
        store.compact(store.revision)
        batch = await advance_until(clock, next_batch(watch))
        assert batch.cause is Cause.RESYNC
        assert told(batch) == [(UPDATED, "/changed", 5), (CREATED, "/new", 6), (DELETED, "/lost", 9)]
        assert batch.changes[2].item is not None
        assert batch.changes[2].item.value == b"1"
        assert watch.statistics().resyncs == 1
        assert watch.statistics().last_error == str(Compacted(5, 9))
        await store.put("/same", b"2")
        assert told(await anext(watch)) == [(UPDATED, "/same", 10)]


async def test_a_silent_stream_is_found_and_resumed_without_loss() -> None:
    clock, store = FakeClock(), MemoryStore()
    await store.put("/a", b"1")
    async with Watch(store, "/", clock=clock, check_interval=10) as watch:
        await anext(watch)
        await clock.wait_sleeping()
        store.silence_streams()
        await store.put("/a", b"2")
        await store.put("/a", b"3")
        started = clock.monotonic()
        batch = await advance_until(clock, next_batch(watch), 0.25)
        assert clock.monotonic() - started <= 10
        assert batch.cause is Cause.CHANGES
        assert told(batch) == [(UPDATED, "/a", 3), (UPDATED, "/a", 4)]
        assert "did not tell" in watch.statistics().last_error


async def test_a_change_that_no_stream_will_ever_tell_comes_with_a_snapshot() -> None:
    clock, store = FakeClock(), MemoryStore()
    await store.put("/a", b"1")
    await store.put("/b", b"1")
    async with Watch(store, "/", clock=clock, check_interval=10) as watch:
        await anext(watch)
        store.remove_silently("/a")
        batch = await advance_until(clock, next_batch(watch))
        assert batch.cause is Cause.RESYNC
        assert told(batch) == [(DELETED, "/a", 4)]
        assert clock.monotonic() <= 21


async def test_writes_elsewhere_make_no_stream_suspect() -> None:
    clock, store = FakeClock(), MemoryStore()
    await store.put("/p/a", b"1")
    async with Watch(store, "/p/", clock=clock, check_interval=10) as watch:
        await anext(watch)
        for _ in range(20):
            await store.put("/q", b"x")
            await clock.advance(5)
        statistics = watch.statistics()
        assert (statistics.reconnects, statistics.resyncs, statistics.last_error) == (0, 0, "")
        assert statistics.confirmed_at is not None
        assert clock.monotonic() - statistics.confirmed_at <= 10


async def test_a_slow_consumer_gets_everything_and_holds_little() -> None:
    clock, store = FakeClock(), MemoryStore()
    async with Watch(store, "/", clock=clock, check_interval=10) as watch:
        await anext(watch)
        for number in range(100):
            await store.put("/a", b"%d" % number)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        # Checks go by while the consumer sleeps: it is not the stream that is late.
        await clock.advance(60)
        assert watch.statistics().changes < 100
        revisions: list[int] = []
        while len(revisions) < 100:
            revisions += [change.revision for change in (await anext(watch)).changes]
        assert revisions == list(range(2, 102))
        assert watch.statistics().reconnects == 0


async def test_a_stream_cut_off_while_the_consumer_is_slow_loses_nothing() -> None:
    clock, store = FakeClock(), MemoryStore()
    async with Watch(store, "/", clock=clock, check_interval=10) as watch:
        await anext(watch)
        for number in range(60):
            await store.put("/a", b"%d" % number)
            for _ in range(3):
                await asyncio.sleep(0)
        store.disconnect()
        await clock.advance(1)
        revisions: list[int] = []
        while len(revisions) < 60:
            revisions += [change.revision for change in (await advance_until(clock, next_batch(watch))).changes]
        assert revisions == list(range(2, 62))


class Moody(MemoryStore):
    """Fails in ways that a store may fail; ``failures`` are raised one after the other."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__()
        self.failures = list(failures)

    async def changes(
        self,
        prefix: str,
        start: int,
        *,
        exact: bool = False,
        also: Sequence[tuple[KeyRange, int]] = (),
        at_once: Callable[[list[Change]], bool] | None = None,
    ) -> AsyncGenerator[list[Change], None]:
        if self.failures:
            raise self.failures.pop(0)
        if False:
            yield []


@pytest.mark.parametrize("error", [Unavailable("etcd", "gone"), DeadlineExceeded("etcd", 2)])
async def test_a_store_that_is_away_or_slow_costs_no_snapshot(error: Exception) -> None:
    clock, store = FakeClock(), Moody(error)
    async with Watch(store, "/", clock=clock, backoff=Backoff(0.1, 1.0, draw=lambda: 0.5)) as watch:
        await anext(watch)
        while store.failures:
            await clock.advance(1)
        await clock.advance(1)
        assert watch.statistics().reconnects >= 1
        assert watch.statistics().resyncs == 0


async def test_nothing_makes_it_give_up(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    store = Moody(
        PermissionRefused("watch", "token expired"), KeyError("our own fault"), ExceptionGroup("x", [OSError()])
    )
    async with Watch(store, "/", clock=clock, backoff=Backoff(0.1, 1.0, draw=lambda: 0.5)) as watch:
        await anext(watch)
        while store.failures:
            await clock.advance(1)
        await clock.advance(1)
        assert watch.statistics().last_error == "/ is unavailable: the stream ended"
        assert watch.statistics().reconnects >= 3
    assert "token expired" in caplog.text
    assert "our own fault" in caplog.text


class Deaf(MemoryStore):
    """Answers some ranges with an error while its streams go on."""

    failures: list[Exception] = []

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
        if self.failures:
            raise self.failures.pop()
        return await super().range(
            prefix, exact=exact, limit=limit, keys_only=keys_only, newer_than=newer_than, also=also
        )


async def test_a_check_that_gets_no_answer_leaves_the_stream_alone(caplog: pytest.LogCaptureFixture) -> None:
    clock, store = FakeClock(), Deaf()
    async with Watch(store, "/", clock=clock) as watch:
        await anext(watch)
        await clock.wait_sleeping()
        # With the pauses between them they outlast the second in which the first one is met.
        store.failures = [Unavailable("etcd", "no answer") for _ in range(6)]
        while len(store.failures) == 6:
            await clock.advance(1)
        assert not watch.statistics().connected
        await store.put("/a", b"1")
        assert told(await anext(watch)) == [(CREATED, "/a", 2)]
        await clock.advance(10)
        assert watch.statistics().connected
        assert watch.statistics().reconnects == 0
    assert 1 <= caplog.text.count("no answer") <= 6


async def test_a_fault_of_ours_does_not_pass_for_the_end() -> None:
    def broken() -> float:
        raise ZeroDivisionError

    store = MemoryStore()
    store.go_away()
    async with Watch(store, "/", backoff=Backoff(draw=broken)) as watch:
        with pytest.raises(ZeroDivisionError):
            await anext(watch)


async def test_a_failure_in_the_moment_of_closing_does_not_keep_it_alive() -> None:
    store = MemoryStore()
    async with Watch(store, "/") as watch:
        await anext(watch)
        await asyncio.sleep(0)
        # The stream fails and the watch is closed before anybody has had a turn.
        store.disconnect()
        await watch.aclose()
        assert watch._task is not None
        assert watch._task.done()


class Blocked(MemoryStore):
    """Its streams cannot get past revision 3."""

    async def changes(
        self,
        prefix: str,
        start: int,
        *,
        exact: bool = False,
        also: Sequence[tuple[KeyRange, int]] = (),
        at_once: Callable[[list[Change]], bool] | None = None,
    ) -> AsyncGenerator[list[Change], None]:
        if start <= 3:
            raise ResourceExhausted("bytes of a change", 10, 11)
        async with aclosing(super().changes(prefix, start, exact=exact)) as stream:
            async for batch in stream:
                yield batch


async def test_something_that_no_stream_gets_past_is_passed_by_a_snapshot() -> None:
    clock, store = FakeClock(), Blocked()
    await store.put("/a", b"1")
    async with Watch(store, "/", clock=clock) as watch:
        await anext(watch)
        await store.put("/a", b"2")
        batch = await advance_until(clock, next_batch(watch))
        assert (batch.cause, told(batch)) == (Cause.RESYNC, [(UPDATED, "/a", 3)])
        await clock.advance(1)
        await store.put("/a", b"3")
        assert told(await anext(watch)) == [(UPDATED, "/a", 4)]


async def test_closing_ends_iteration_may_be_repeated_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    watch = Watch(MemoryStore(), "/")
    await watch.aclose()
    async with Watch(MemoryStore(), "/") as watch:
        await anext(watch)
        batch = next_batch(watch)
        await asyncio.sleep(0)
        await watch.aclose()
        with pytest.raises(StopAsyncIteration):
            await batch
    assert [batch async for batch in watch] == []
    assert not watch.statistics().connected
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("steps", range(8))
async def test_closing_in_the_moment_in_which_the_stream_breaks_ends_it_all_the_same(steps: int) -> None:
    store = MemoryStore()
    async with Watch(store, "/p/") as watch:
        await anext(watch)
        store.disconnect()
        for _ in range(steps):
            await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("corvo-watch")] == []
