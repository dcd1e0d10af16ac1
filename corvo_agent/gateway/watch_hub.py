"""One stream of changes in, a thousand watchers out.

Watchers that want the same are one feed: a change is filtered once and written once per feed, however many listen.
A batch leaves a feed 10 ms after its first event, or when it is full. Each watcher has a bounded queue of references
to shared batches; one that lets it fill up is told so and ends, the others never wait for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import Compacted, CorvoError, InvalidArgument, ResourceExhausted, Unavailable
from ..modules.kv import ChangeType
from .entry import Entry
from .events import Event, EventBatch
from .history import History
from .options import ListOptions
from .selection import Selection


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """Bounds of the watch: seconds and events of a batch, events that wait for one watcher, watchers at once.

    With many watchers a batch is held for ``share`` times their number instead of ``delay``, if that is longer:
    writing to a thousand takes longer than 10 ms, and a batch for each change would leave no time for anything else.
    """

    delay: float = 0.010
    share: float = 0.000_1
    batch: int = 500
    waiting: int = 20_000
    watchers: int = 5_000
    history_seconds: float = 30.0
    history_events: int = 20_000


class Subscription:
    """One watcher's queue. ``next_batch`` is for one consumer; close it through ``WatchHub.unsubscribe``."""

    def __init__(self, feed: _Feed, initial: Sequence[Event], limits: WatchLimits, *, first: int = 0) -> None:
        self._feed = feed
        # Changes before this revision are not wanted, although the others of the feed may want them.
        self._first = first
        self._initial: deque[Event] = deque(initial)
        self._limits = limits
        self._batches: deque[EventBatch] = deque()
        self._waiting = 0
        self._moved = asyncio.Event()
        self._ended: CorvoError | None = None

    @property
    def feed(self) -> _Feed:
        """Where its batches come from."""
        return self._feed

    @property
    def initial_left(self) -> int:
        """How many events of the first state have not been taken yet."""
        return len(self._initial)

    async def next_batch(self) -> EventBatch:
        """The next batch, when there is one; a cancelled wait loses nothing.

        Raises ResourceExhausted when this watcher was too slow, Unavailable when the gateway stops.
        """
        if self._initial:
            count = min(len(self._initial), self._limits.batch)
            return EventBatch([self._initial.popleft() for _ in range(count)])
        while not self._batches:
            if self._ended is not None:
                raise self._ended
            self._moved.clear()
            await self._moved.wait()
        batch = self._batches.popleft()
        self._waiting -= len(batch)
        return batch

    def push(self, batch: EventBatch) -> None:
        """Queue a batch; a queue that overflows is dropped and the watcher ends."""
        if self._ended is not None:
            return
        if batch.events[0].revision < self._first:
            wanted = [event for event in batch.events if event.revision >= self._first]
            if not wanted:
                return
            batch = EventBatch(wanted)
        self._waiting += len(batch)
        if self._waiting > self._limits.waiting:
            self.end(ResourceExhausted("events that wait for a slow watcher", self._limits.waiting))
            self._batches.clear()
            self._initial.clear()
            return
        self._batches.append(batch)
        self._moved.set()

    def end(self, error: CorvoError) -> None:
        """Nothing more comes; what is queued may still be read."""
        self._ended = self._ended or error
        self._moved.set()


class _Feed:
    """The watchers that want the same, and the events that wait to go to them together."""

    def __init__(self, key: ListOptions, selection: Selection, limits: WatchLimits, delay: Callable[[], float]) -> None:
        self.key = key
        self._delay = delay
        self.subscriptions: set[Subscription] = set()
        self._selection = selection
        self._limits = limits
        self._pending: list[Event] = []
        self._timer: asyncio.TimerHandle | None = None

    def take(self, events: Iterable[Event]) -> None:
        self._pending += [event for event in events if self.passes(event)]
        if len(self._pending) >= self._limits.batch:
            self.flush()
        elif self._pending and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._delay(), self.flush)

    def passes(self, event: Event) -> bool:
        before = None if event.before is None else event.before.module
        return self._selection.passes(event.type, event.entry.module, before)

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pending, self._pending = self._pending, []
        for start in range(0, len(pending), self._limits.batch):
            batch = EventBatch(pending[start : start + self._limits.batch])
            for subscription in self.subscriptions:
                subscription.push(batch)


class WatchHub:
    """Hands every change to the watchers that want it. Lives on one event loop; all calls are synchronous."""

    def __init__(self, *, limits: WatchLimits | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self.limits = limits or WatchLimits()
        self._feeds: dict[ListOptions, _Feed] = {}
        self._history = History(clock, seconds=self.limits.history_seconds, limit=self.limits.history_events)
        self._closed = False

    @property
    def watchers(self) -> int:
        """How many listen now."""
        return sum(len(feed.subscriptions) for feed in self._feeds.values())

    def begin(self, revision: int) -> None:
        """The first snapshot, at ``revision``, has been taken."""
        self._history.begin(revision)

    def publish(self, events: Sequence[Event]) -> None:
        """Tell ``events``, in the order of their revisions."""
        self._history.add(events)
        for feed in self._feeds.values():
            feed.take(events)

    def subscribe(self, options: ListOptions, existing: Iterable[Entry]) -> Subscription:
        """A new watcher. Without a start version it is first told ``existing``, which is the state as published.

        Raises InvalidArgument for a bad selector or start, Compacted when the start lies before what is kept,
        ResourceExhausted when too many watch.
        """
        if self._closed:
            raise Unavailable("the watch", "this gateway is stopping")
        if self.watchers >= self.limits.watchers:
            raise ResourceExhausted("watchers at once", self.limits.watchers)
        feed = self._feed(options)
        # What waits in the feed is part of ``existing`` already: it must not come a second time.
        feed.flush()
        first = options.version()
        subscription = Subscription(feed, self._initial(first, feed, existing), self.limits, first=first)
        feed.subscriptions.add(subscription)
        self._feeds[feed.key] = feed
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a watcher; again is fine."""
        feed = subscription.feed
        feed.subscriptions.discard(subscription)
        if not feed.subscriptions:
            feed.flush()
            self._feeds.pop(feed.key, None)

    def close(self) -> None:
        """Let every watcher read what it has, then end."""
        self._closed = True
        for feed in self._feeds.values():
            feed.flush()
            for subscription in feed.subscriptions:
                subscription.end(Unavailable("the watch", "this gateway is stopping"))

    def _feed(self, options: ListOptions) -> _Feed:
        key = ListOptions(
            name=options.name,
            label_selector=options.label_selector,
            field_selector=options.field_selector,
            field_change=options.field_change,
        )
        return self._feeds.get(key) or _Feed(key, options.selection(), self.limits, self._delay)

    def _delay(self) -> float:
        return max(self.limits.delay, self.limits.share * self.watchers)

    def _initial(self, version: int, feed: _Feed, existing: Iterable[Entry]) -> list[Event]:
        if version > 0:
            return [event for event in self._history.since(version) if feed.passes(event)]
        if version == -1:
            return []
        if version < 0:
            raise InvalidArgument("O.resource-version", version, "must be a version, 0 or -1")
        ordered = sorted(existing, key=lambda entry: entry.module.revision)
        events = (Event(ChangeType.CREATED, entry.module.revision, entry) for entry in ordered)
        return [event for event in events if feed.passes(event)]


def expired_text(error: Compacted) -> str:
    """What a watcher hears whose start is gone; the original tells the two cases apart by these texts."""
    reason = (
        "version too old"
        if error.compact_revision
        else "version not in cache history, retry without specifying version"
    )
    return f"410:({{Expired}}) [{reason}]"
