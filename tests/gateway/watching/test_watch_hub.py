"""Watchers of one hub: each is told everything once and in order, whoever joins, leaves or lags meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

import pytest

from corvo_agent.errors import ResourceExhausted, Unavailable
from corvo_agent.gateway.watching.cached_module import CachedModule
from corvo_agent.gateway.watching.events import Event, EventBatch
from corvo_agent.gateway.watching.feed import BatchLimits, Feed
from corvo_agent.gateway.watching.subscription import Subscription
from corvo_agent.gateway.watching.watch_hub import WatchHub, WatchLimits
from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.selectors.list_options import ListOptions

from ..modules import module

LIVE = ListOptions(resource_version="-1")
# More than one turn of the loop hands a batch to.
MANY = 250


class Hub(WatchHub):
    """A hub whose state is made here."""

    def __init__(self, limits: WatchLimits | None = None) -> None:
        super().__init__(limits=limits)
        self.entries: dict[str, CachedModule] = {}
        self.listed = 0
        self._revisions: Iterator[int] = count(1)
        self.begin(0)

    def change(self, times: int = 1) -> None:
        """Publish so many changes, one object each, called by its revision."""
        for _ in range(times):
            revision = next(self._revisions)
            entry = CachedModule(module(f"m{revision}", revision))
            self.entries[entry.module.name] = entry
            self.publish([Event(ChangeType.CREATED, revision, entry)])

    def join(self, options: ListOptions = LIVE) -> Subscription:
        """A new watcher."""
        return self.subscribe(options, self)

    def get(self, name: str) -> CachedModule | None:
        return self.entries.get(name)

    def by_revision(self) -> Iterable[CachedModule]:
        self.listed += 1
        return self.entries.values()


def revisions(batches: Sequence[EventBatch]) -> list[int]:
    return [event.revision for batch in batches for event in batch.events]


async def told(watcher: Subscription, last: int) -> list[int]:
    """Every revision that a watcher is told up to ``last``."""
    batches: list[EventBatch] = []
    async with asyncio.timeout(60):
        while revisions(batches)[-1:] != [last]:
            batches.append(await watcher.next_batch())
    return revisions(batches)


async def test_many_watchers_are_told_the_same_in_order() -> None:
    hub = Hub()
    watchers = [hub.join() for _ in range(MANY)]
    hub.change(3)
    first = await told(watchers[-1], 3)
    hub.change(3)
    assert first + await told(watchers[-1], 6) == [1, 2, 3, 4, 5, 6]
    for watcher in watchers[:-1]:
        assert await told(watcher, 6) == [1, 2, 3, 4, 5, 6]


async def test_batches_are_shared() -> None:
    hub = Hub()
    one, two = hub.join(), hub.join()
    hub.change()
    assert await one.next_batch() is await two.next_batch()


async def test_who_joins_while_a_batch_is_handed_out_is_told_once() -> None:
    hub = Hub()
    before, late = [hub.join() for _ in range(MANY)], list[Subscription]()

    def join(batch: EventBatch) -> bool:
        if not late:
            late.append(hub.join(ListOptions()))
            hub.change(1)
        return False

    for watcher in before:
        watcher.shortcut = join
    hub.change(2)
    for watcher in before:
        assert await told(watcher, 3) == [1, 2, 3]
    assert await told(late[0], 3) == [1, 2, 3]


async def test_who_joins_before_a_batch_is_closed_is_told_once() -> None:
    hub = Hub()
    hub.change(2)
    early = hub.join()
    hub.change(2)
    late = hub.join(ListOptions())
    hub.change(2)
    assert await told(early, 6) == [3, 4, 5, 6]
    assert await told(late, 6) == [1, 2, 3, 4, 5, 6]


async def test_everybody_who_comes_back_shares_the_first_state() -> None:
    hub = Hub()
    hub.change(3)
    one, two = hub.join(ListOptions()), hub.join(ListOptions())
    batch = await one.next_batch()
    assert (await two.next_batch() is batch, revisions([batch])) == (True, [1, 2, 3])
    hub.change()
    assert await told(hub.join(ListOptions()), 4) == [1, 2, 3, 4]


async def test_a_full_batch_leaves_at_once_and_a_large_event_alone() -> None:
    hub = Hub(WatchLimits(batches=BatchLimits(delay=600, longest=600, size=4, bytes=10_000)))
    watcher = hub.join()
    hub.change(4)
    assert len(await watcher.next_batch()) == 4
    entry = CachedModule(module("large", 6, args=("x" * 20_000,)))
    small = [Event(ChangeType.CREATED, revision, CachedModule(module("m", revision))) for revision in (5, 7, 8)]
    hub.publish([small[0], Event(ChangeType.CREATED, 6, entry), *small[1:]])
    assert [revisions([await watcher.next_batch()]) for _ in range(3)] == [[5], [6], [7, 8]]


async def test_a_shortcut_that_refuses_loses_nothing_and_keeps_the_order() -> None:
    hub = Hub(WatchLimits(batches=BatchLimits(size=1)))
    watcher = hub.join()
    direct: list[EventBatch] = []
    taking = True

    def shortcut(batch: EventBatch) -> bool:
        if taking:
            direct.append(batch)
        return taking

    watcher.shortcut = shortcut
    hub.change(2)
    taking = False
    hub.change(2)
    # It would take them again, but those before have not left the queue.
    taking = True
    hub.change(1)
    assert (revisions(direct), await told(watcher, 5)) == ([1, 2], [3, 4, 5])
    hub.change(1)
    assert revisions(direct) == [1, 2, 6]


async def test_the_first_state_goes_before_what_a_shortcut_takes() -> None:
    hub = Hub(WatchLimits(batches=BatchLimits(size=1)))
    hub.change(1)
    watcher = hub.join(ListOptions())
    watcher.shortcut = lambda batch: pytest.fail("the first state has not been read")
    hub.change(1)
    assert await told(watcher, 2) == [1, 2]


async def test_one_that_lags_ends_and_the_others_do_not() -> None:
    hub = Hub(WatchLimits(batches=BatchLimits(size=1), waiting=3))
    slow, quick = hub.join(), hub.join()
    for number in range(1, 6):
        hub.change()
        assert await told(quick, number) == [number]
    with pytest.raises(ResourceExhausted, match="slow watcher"):
        await slow.next_batch()


async def test_leaving_and_stopping_end_a_watch_after_what_it_has() -> None:
    hub = Hub()
    gone, stays = hub.join(), hub.join()
    gone.shortcut = lambda batch: pytest.fail("it has left")
    hub.unsubscribe(gone)
    hub.unsubscribe(gone)
    hub.change(1)
    hub.close()
    assert await told(stays, 1) == [1]
    for watcher in (gone, stays):
        with pytest.raises(Unavailable):
            await watcher.next_batch()
    with pytest.raises(Unavailable):
        hub.join()
    hub.unsubscribe(stays)
    assert hub.watchers == 0


async def test_a_cancelled_wait_loses_nothing() -> None:
    hub = Hub()
    watcher = hub.join()
    waiting = asyncio.create_task(watcher.next_batch())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    hub.change(2)
    assert await told(watcher, 2) == [1, 2]


async def test_a_change_is_looked_at_only_by_those_who_follow_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    passes = Feed.passes

    def noted(feed: Feed, event: Event) -> bool:
        looks.append(feed.key.name)
        return passes(feed, event)

    monkeypatch.setattr(Feed, "passes", noted)
    hub = Hub()
    named = {name: hub.join(ListOptions(name=name, resource_version="-1")) for name in ("m1", "m2", "m3", "none")}
    selected = hub.join(ListOptions(name="m2", label_selector="app=x", resource_version="-1"))
    everything = hub.join()
    hub.change(3)
    assert sorted(looks) == ["", "", "", "m1", "m2", "m2", "m3"]
    assert await told(everything, 3) == [1, 2, 3]
    for number in (1, 2, 3):
        assert await told(named[f"m{number}"], number) == [number]
    assert hub.watchers == 6
    for watcher in (*named.values(), selected, everything, everything):
        hub.unsubscribe(watcher)
    looks.clear()
    hub.change(3)
    assert (hub.watchers, looks) == (0, [])


async def test_who_follows_a_name_is_told_its_state_without_a_look_at_all_others() -> None:
    hub = Hub()
    hub.change(3)
    one, none = hub.join(ListOptions(name="m2")), hub.join(ListOptions(name="none"))
    other = hub.join(ListOptions(name="m2", label_selector="app=none"))
    assert await told(one, 2) == [2]
    assert (none.initial_left, other.initial_left, hub.listed) == (False, False, 0)
    assert await told(hub.join(ListOptions()), 3) == [1, 2, 3]
    assert hub.listed == 1


class Noted(CachedModule):
    """Tells when its JSON is asked for."""

    asked: list[str] = []

    @property
    def json(self) -> bytes:
        self.asked.append(self.module.name)
        return super().json


async def test_the_first_state_is_made_while_it_is_taken_and_once_for_all() -> None:
    hub = Hub(WatchLimits(batches=BatchLimits(size=2)))
    hub.change(9)
    hub.entries = {name: Noted(entry.module) for name, entry in hub.entries.items()}
    Noted.asked.clear()
    one = hub.join(ListOptions())
    first = await one.next_batch()
    assert len(Noted.asked) <= 6
    other = hub.join(ListOptions())
    assert len(Noted.asked) <= 6
    # They are told what there was when they joined, and then what came, though all of it is made later.
    hub.change()
    assert await other.next_batch() is first
    assert revisions([first]) + await told(one, 10) == list(range(1, 11))
    assert revisions([first]) + await told(other, 10) == list(range(1, 11))
