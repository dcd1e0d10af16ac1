"""One watcher: what it has not been sent yet, within a bound."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from ...errors import CorvoError, ResourceExhausted
from ...modules.selectors.list_options import ListOptions
from .events import EventBatch

#: Takes a batch at once, or says False: what it was given before has not left yet.
Shortcut = Callable[[EventBatch], bool]


class Subscription:
    """The queue of one watcher of the feed ``key``.

    ``next_batch`` is for one consumer; close it through ``WatchHub.unsubscribe``. A consumer that can write without
    waiting sets ``shortcut``: while it keeps up, batches go there and wake no task. Changes before the revision
    ``first`` are not wanted, although others of the feed may want them.
    """

    def __init__(self, key: ListOptions, initial: Iterable[EventBatch], waiting: int, *, first: int = 0) -> None:
        self.key = key
        self.shortcut: Shortcut | None = None
        self._first = first
        # Made while it is taken: that of all Modules at once would hold up the loop. One batch ahead.
        self._initial = iter(initial)
        self._next_initial = next(self._initial, None)
        self._limit = waiting
        self._batches: deque[EventBatch] = deque()
        self._waiting = 0
        self._moved = asyncio.Event()
        self._ended: CorvoError | None = None

    @property
    def initial_left(self) -> bool:
        """Whether there are batches of the first state that have not been taken yet."""
        return self._next_initial is not None

    @property
    def waiting(self) -> int:
        """How many events are queued."""
        return self._waiting

    async def next_batch(self) -> EventBatch:
        """The next batch, when there is one; a cancelled wait loses nothing.

        Raises ResourceExhausted when this watcher was too slow, Unavailable when the gateway stops.
        """
        # The first state does not count as waiting: it is shared, and every watcher has to get it.
        if self._next_initial is not None:
            initial, self._next_initial = self._next_initial, next(self._initial, None)
            return initial
        while not self._batches:
            if self._ended is not None:
                raise self._ended
            self._moved.clear()
            await self._moved.wait()
        batch = self._batches.popleft()
        self._waiting -= len(batch)
        return batch

    def push(self, batch: EventBatch) -> None:
        """Hand over or queue a batch; a queue that overflows is dropped and the watcher ends."""
        if self._ended is not None:
            return
        if batch.events[0].revision < self._first:
            wanted = [event for event in batch.events if event.revision >= self._first]
            if not wanted:
                return
            batch = EventBatch(wanted)
        if self.shortcut is not None and not self._batches and not self.initial_left and self.shortcut(batch):
            return
        self._waiting += len(batch)
        if self._waiting > self._limit:
            self.end(ResourceExhausted("events that wait for a slow watcher", self._limit))
            # A gap would go unnoticed; an end is seen, and the watcher starts over.
            self._batches.clear()
            self._next_initial = None
            return
        self._batches.append(batch)
        self._moved.set()

    def begin_anew(self) -> None:
        """The store holds other data, whose revisions say nothing about ``first``: all that comes is wanted."""
        self._first = 0

    def end(self, error: CorvoError) -> None:
        """Nothing more comes; what is queued may still be read."""
        self._ended = self._ended or error
        self.shortcut = None
        self._moved.set()
