"""A feed filters once, writes once, and tells whoever was there when the batch was closed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.clock import SYSTEM_CLOCK
from corvo_agent.gateway.watching.cached_module import CachedModule
from corvo_agent.gateway.watching.events import Event, EventBatch
from corvo_agent.gateway.watching.feed import BatchLimits, Feed, batches
from corvo_agent.gateway.watching.subscription import Subscription
from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.selectors.list_options import ListOptions
from tests.diagnostics.kit import until

from ..modules import module

NEVER = BatchLimits(delay=3600)


def event(revision: int, *, level: str = "Info", before: str = "", size: int = 0) -> Event:
    old = CachedModule(module("m", revision - 1, level=before)) if before else None
    type = ChangeType.UPDATED if before else ChangeType.CREATED
    labels = {"pad": "x" * size} if size else {}
    return Event(type, revision, CachedModule(module("m", revision, level=level, labels=labels)), old)


def feed(options: ListOptions | None = None, limits: BatchLimits = NEVER) -> Feed:
    options = options or ListOptions()
    return Feed(options, options.selection(), limits, SYSTEM_CLOCK)


def join(found: Feed) -> Subscription:
    joined = Subscription(found.key, (), 10_000)
    found.subscriptions.add(joined)
    return joined


async def told(watcher: Subscription) -> list[int]:
    return [event.revision for event in (await watcher.next_batch()).events]


def test_only_what_is_wanted_passes() -> None:
    found = feed(ListOptions(field_selector="spec.log-level=debug", field_change=("Spec",)))
    assert found.passes(event(1, level="Debug"))
    assert not found.passes(event(2, level="Info"))
    assert found.passes(event(3, level="Debug", before="Info"))
    assert not found.passes(event(4, level="Debug", before="Debug"))
    assert [len(batch) for batch in found.batches([event(1, level="Debug"), event(2), event(3, level="Debug")])] == [2]


async def test_events_leave_together_when_it_is_time() -> None:
    found = feed(limits=BatchLimits(delay=0.001))
    watcher = join(found)
    found.take([event(1)])
    found.take([event(2), event(3)])
    assert await told(watcher) == [1, 2, 3]


async def test_a_batch_that_is_full_does_not_wait() -> None:
    found = feed(limits=BatchLimits(delay=3600, size=2))
    watcher = join(found)
    found.take([event(1)])
    assert watcher.waiting == 0
    found.take([event(2), event(3)])
    assert await told(watcher) == [1, 2]
    assert await told(watcher) == [3]


async def test_who_joins_after_the_cut_is_not_told() -> None:
    found = feed()
    early = join(found)
    found.take([event(1)])
    found.cut()
    late = join(found)
    found.take([event(2)])
    found.finish()
    assert await told(early) == [1]
    assert await told(early) == [2]
    assert await told(late) == [2]
    assert late.waiting == 0


async def test_many_watchers_are_told_in_turns_that_let_others_run() -> None:
    found = feed(limits=BatchLimits(delay=3600, size=1))
    watchers = [join(found) for _ in range(250)]
    found.take([event(1)])
    assert 0 < sum(watcher.waiting for watcher in watchers) < len(watchers)
    await until(lambda: all(watcher.waiting for watcher in watchers))


async def test_nothing_is_left_to_do_when_it_is_finished() -> None:
    found = feed()
    watcher = join(found)
    found.take([event(1)])
    found.finish()
    found.finish()
    assert await told(watcher) == [1]
    assert watcher.waiting == 0


@given(
    st.lists(st.integers(0, 3000), max_size=30),
    st.integers(1, 5),
    st.integers(500, 6000),
)
def test_batches_keep_the_order_and_the_limits(sizes: list[int], count: int, room: int) -> None:
    events = [event(number, size=size) for number, size in enumerate(sizes)]
    found = list(batches(events, BatchLimits(size=count, bytes=room)))
    assert [each for batch in found for each in batch.events] == events
    for batch in found:
        assert 0 < len(batch) <= count
        assert len(batch) == 1 or sum(len(each.entry.json) for each in batch.events) <= room


@pytest.mark.parametrize("shortcut", [True, False])
async def test_a_shortcut_takes_a_batch_without_a_task(shortcut: bool) -> None:
    found = feed()
    watcher, taken = join(found), list[int]()

    def take(batch: EventBatch) -> bool:
        taken.append(len(batch))
        return True

    if shortcut:
        watcher.shortcut = take
    found.take([event(1)])
    found.finish()
    assert (taken, watcher.waiting) == (([1], 0) if shortcut else ([], 1))
