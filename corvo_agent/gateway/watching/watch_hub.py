"""One stream of changes in, a thousand watchers out.

Watchers that want the same are one feed: a change is filtered once and written once per feed, however many listen.
Each watcher has a bounded queue of references to shared batches; one that lets it fill up is told so and ends, the
others never wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

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
    it, watchers at once, what is kept for those who say where to begin.
    """

    batches: BatchLimits = field(default_factory=BatchLimits)
    waiting: int = 20_000
    patience: float = PATIENCE
    watchers: int = 5_000
    history_seconds: float = 30.0
    history_events: int = 20_000


class WatchHub:
    """Hands every change to the watchers that want it. Lives on one event loop; all calls are synchronous."""

    def __init__(self, *, limits: WatchLimits | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self.limits = limits or WatchLimits()
        self._clock = clock
        self._feeds: dict[ListOptions, Feed] = {}
        self._history = History(clock, seconds=self.limits.history_seconds, limit=self.limits.history_events)
        # The last first state that was made: after a restart all watchers come back at once and want the same.
        self._first_state: tuple[ListOptions, list[EventBatch]] | None = None
        self.closed = False

    @property
    def watchers(self) -> int:
        """How many listen now."""
        return sum(len(feed.subscriptions) for feed in self._feeds.values())

    def begin(self, revision: int) -> None:
        """A snapshot, at ``revision``, has been taken: the first, or one of other data whose revisions are lower."""
        self._history.begin(revision)
        for feed in self._feeds.values():
            for subscription in feed.subscriptions:
                subscription.begin_anew()

    def publish(self, events: Sequence[Event]) -> None:
        """Tell ``events``, in the order of their revisions."""
        self._first_state = None
        self._history.add(events)
        for feed in self._feeds.values():
            feed.take(events)

    def subscribe(self, options: ListOptions, existing: Iterable[CachedModule]) -> Subscription:
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
        self._feeds[feed.key] = feed
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a watcher; again is fine."""
        subscription.end(Unavailable("the watch", "it was closed"))
        feed = self._feeds.get(subscription.key)
        if feed is None:
            return
        feed.subscriptions.discard(subscription)
        if not feed.subscriptions:
            feed.finish()
            del self._feeds[feed.key]

    def close(self) -> None:
        """Let every watcher read what it has, then end."""
        self.closed = True
        for feed in self._feeds.values():
            feed.finish()
            for subscription in feed.subscriptions:
                subscription.end(Unavailable("the watch", "this gateway is stopping"))

    def _feed(self, options: ListOptions) -> Feed:
        key = ListOptions(
            name=options.name,
            label_selector=options.label_selector,
            field_selector=options.field_selector,
            field_change=options.field_change,
        )
        return self._feeds.get(key) or Feed(key, options.selection(), self.limits.batches, self._clock)

    def _initial(self, version: int, feed: Feed, existing: Iterable[CachedModule]) -> Sequence[EventBatch]:
        if version > 0:
            return feed.batches(self._history.since(version))
        if version == -1:
            return ()
        if version < 0:
            raise InvalidArgument("O.resource-version", version, "must be a version, 0 or -1")
        if self._first_state is None or self._first_state[0] != feed.key:
            ordered = sorted(existing, key=lambda entry: entry.module.revision)
            events = (Event(ChangeType.CREATED, entry.module.revision, entry) for entry in ordered)
            self._first_state = feed.key, feed.batches(events)
        return self._first_state[1]


def expired_text(error: Compacted) -> str:
    """What a watcher hears whose start is gone; the original tells the two cases apart by these texts."""
    reason = (
        "version too old"
        if error.compact_revision
        else "version not in cache history, retry without specifying version"
    )
    return f"410:({{Expired}}) [{reason}]"
