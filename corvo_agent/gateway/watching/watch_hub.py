"""One stream of changes in, a thousand watchers out.

Watchers that want the same are one feed: a change is filtered once and written once per feed, however many listen.
Each watcher has a bounded queue of references to shared batches; one that lets it fill up is told so and ends, the
others never wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import tee
from typing import Protocol

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import Compacted, InvalidArgument, ResourceExhausted, Unavailable
from ...modules.kv import ChangeType
from ...modules.selectors.list_options import ListOptions
from .cached_module import CachedModule
from .events import Event, EventBatch
from .feed import BatchLimits, Feed
from .history import History
from .subscription import Subscription

#: Seconds in which the reader of a stream has to take what is written to it.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """Bounds of the watch: events that wait for one watcher, the seconds in which it has to take what is written to
    it, those without an event after which one that asks for it gets a bookmark, watchers at once, and what is kept for
    those who say where to begin: changes of so many seconds, so many of them, and of so many bytes of JSON.
    """

    batches: BatchLimits = field(default_factory=BatchLimits)
    waiting: int = 20_000
    patience: float = PATIENCE
    bookmark: float = 15.0
    watchers: int = 5_000
    history_seconds: float = 30.0
    history_events: int = 20_000
    history_bytes: int = 32 << 20


class KnownModules(Protocol):
    """The Modules as they are published."""

    def get(self, name: str) -> CachedModule | None:
        """The one of that name."""
        ...

    def by_revision(self) -> Iterable[CachedModule]:
        """All of them, the one that was written last at the end."""
        ...


class WatchHub:
    """Hands every change to the watchers that want it. Lives on one event loop; all calls are synchronous."""

    def __init__(self, *, limits: WatchLimits | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self.limits = limits or WatchLimits()
        self._clock = clock
        # The feeds that follow one name, by that, and those that have to look at every change, by "".
        self._feeds: dict[str, dict[ListOptions, Feed]] = {}
        self._history = History(
            clock,
            seconds=self.limits.history_seconds,
            limit=self.limits.history_events,
            size=self.limits.history_bytes,
        )
        #: How many listen now.
        self.watchers = 0
        # The last first state that was made: after a restart all watchers come back at once and want the same.
        # What each of them takes of it is made once, for the first.
        self._first_state: tuple[ListOptions, Iterator[EventBatch]] | None = None
        self.closed = False

    def begin(self, revision: int) -> None:
        """A snapshot, at ``revision``, has been taken: the first, or one of other data whose revisions are lower."""
        self._history.begin(revision)
        for feed in self._all_feeds():
            for subscription in feed.subscriptions:
                subscription.begin_anew()

    def publish(self, events: Sequence[Event]) -> None:
        """Tell ``events``, in the order of their revisions."""
        self._first_state = None
        self._history.add(events)
        for feed in self._feeds.get("", {}).values():
            feed.take(events)
        # Thousands of agents each follow a name of their own: a change costs only those that follow it.
        for event in events:
            for feed in self._feeds.get(event.entry.module.name, {}).values():
                feed.take((event,))

    def subscribe(self, options: ListOptions, existing: KnownModules) -> Subscription:
        """A new watcher. Without a start version it is first told ``existing``, which is the state as published.

        Raises InvalidArgument for a bad selector or start, Compacted when the start lies before what is kept,
        ResourceExhausted when too many watch.
        """
        if self.closed:
            raise Unavailable("the watch", "this gateway is stopping")
        if self.watchers >= self.limits.watchers:
            raise ResourceExhausted("watchers at once", self.limits.watchers)
        feed = self._feed(options)
        # What waits in the feed is part of ``existing`` already: it must not come a second time.
        feed.cut()
        first = options.version()
        subscription = Subscription(feed.key, self._initial(first, feed, existing), self.limits.waiting, first=first)
        feed.subscriptions.add(subscription)
        self._feeds.setdefault(feed.key.name, {})[feed.key] = feed
        self.watchers += 1
        return subscription

    def is_idle(self, subscription: Subscription) -> bool:
        """Whether nothing that was published waits for others of its feed, or for it."""
        feed = self._feeds.get(subscription.key.name, {}).get(subscription.key)
        return feed is None or not feed.holds

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a watcher; again is fine."""
        subscription.end(Unavailable("the watch", "it was closed"))
        feeds = self._feeds.get(subscription.key.name, {})
        feed = feeds.get(subscription.key)
        if feed is None or subscription not in feed.subscriptions:
            return
        feed.subscriptions.discard(subscription)
        self.watchers -= 1
        if not feed.subscriptions:
            feed.finish()
            del feeds[feed.key]
        if not feeds:
            del self._feeds[subscription.key.name]

    def close(self) -> None:
        """Let every watcher read what it has, then end."""
        self.closed = True
        for feed in self._all_feeds():
            feed.finish()
            for subscription in feed.subscriptions:
                subscription.end(Unavailable("the watch", "this gateway is stopping"))

    def _all_feeds(self) -> Iterator[Feed]:
        for feeds in self._feeds.values():
            yield from feeds.values()

    def _feed(self, options: ListOptions) -> Feed:
        key = ListOptions(
            name=options.name,
            tenant=options.tenant,
            label_selector=options.label_selector,
            field_selector=options.field_selector,
            field_change=options.field_change,
        )
        known = self._feeds.get(key.name, {}).get(key)
        return known or Feed(key, options.selection(), self.limits.batches, self._clock)

    def _initial(self, version: int, feed: Feed, existing: KnownModules) -> Iterable[EventBatch]:
        if version > 0:
            return feed.batches(self._history.since(version))
        if version == -1:
            return ()
        if version < 0:
            raise InvalidArgument("O.resource-version", version, "must be a version, 0 or -1")
        if feed.key.name:
            entry = existing.get(feed.key.name)
            return () if entry is None else feed.batches((_exists(entry),))
        if self._first_state is None or self._first_state[0] != feed.key:
            # As they are now: later changes come by themselves.
            self._first_state = feed.key, feed.batches(map(_exists, tuple(existing.by_revision())))
        # One stays where the state begins, for whoever joins next.
        kept, taken = tee(self._first_state[1])
        self._first_state = feed.key, kept
        return taken


def _exists(entry: CachedModule) -> Event:
    return Event(ChangeType.CREATED, entry.module.revision, entry)


def expired_text(error: Compacted) -> str:
    """What a watcher hears whose start is gone; the original tells the two cases apart by these texts."""
    reason = (
        "version too old"
        if error.compact_revision
        else "version not in cache history, retry without specifying version"
    )
    return f"410:({{Expired}}) [{reason}]"
