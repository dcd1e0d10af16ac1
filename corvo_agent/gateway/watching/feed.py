"""Watchers that want the same: a change is filtered once and written once for all of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from ...clock import Clock
from ...modules.selectors.list_options import ListOptions
from ...modules.selectors.selection import Selection
from .events import Event, EventBatch
from .subscription import Subscription

# Watchers that are written to before the loop gets a turn: some milliseconds of work.
_SLICE = 100


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Events are held for ``delay`` seconds and leave together, at most ``size`` of them and about ``bytes`` of JSON.

    Handing a batch to a thousand watchers takes longer than 10 ms, and one for each change would leave no time for
    anything else: so a feed rests ``rest`` times as long as its last batch took, ``longest`` seconds at most. A
    watcher that wakes a task counts ``wake`` seconds.
    """

    delay: float = 0.010
    size: int = 500
    bytes: int = 1 << 20
    rest: float = 1.0
    longest: float = 0.25
    wake: float = 0.000_1


class Feed:
    """The watchers of ``key``, and the events that wait to go to them together. All calls are synchronous."""

    def __init__(self, key: ListOptions, selection: Selection, limits: BatchLimits, clock: Clock) -> None:
        self.key = key
        self.subscriptions: set[Subscription] = set()
        self._selection = selection
        self._limits = limits
        self._clock = clock
        self._pending: list[Event] = []
        # Each batch with those who were watching when it was closed: later ones know its events already.
        self._leaving: deque[tuple[EventBatch, Iterator[Subscription]]] = deque()
        self._next: asyncio.Handle | None = None
        self._took = 0.0

    @property
    def holds(self) -> bool:
        """Whether there are events that have not gone to all of its watchers."""
        return bool(self._pending or self._leaving)

    def passes(self, event: Event) -> bool:
        """Whether the watchers want ``event``."""
        before = None if event.before is None else event.before.module
        return self._selection.passes(event.type, event.entry.module, before)

    def batches(self, events: Iterable[Event]) -> Iterator[EventBatch]:
        """Those of ``events`` that the watchers want, as batches, each made when it is asked for."""
        return batches(filter(self.passes, events), self._limits)

    def take(self, events: Iterable[Event]) -> None:
        """Keep those that are wanted until it is time for a batch."""
        self._pending += filter(self.passes, events)
        # A full batch leaves at once: waiting for more of them would only add to the delay.
        if len(self._pending) >= self._limits.size:
            self.cut()
            self._hand_out()
        elif self._pending and self._next is None:
            self._next = asyncio.get_running_loop().call_later(self._delay(), self._on_time)

    def cut(self) -> None:
        """Close the batch that is being collected: who joins from now on is not told of it."""
        pending, self._pending = self._pending, []
        for batch in batches(pending, self._limits):
            self._leaving.append((batch, iter(tuple(self.subscriptions))))
        if self._leaving and self._next is None:
            self._next = asyncio.get_running_loop().call_soon(self._hand_out)

    def finish(self) -> None:
        """Hand out all there is, now."""
        self.cut()
        for batch, targets in self._leaving:
            for subscription in targets:
                subscription.push(batch)
        self._leaving.clear()
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _on_time(self) -> None:
        self.cut()
        self._hand_out()

    def _hand_out(self) -> None:
        """Some of the watchers get their batch; the others after other tasks had a turn."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        started, left = self._clock.monotonic(), _SLICE
        while self._leaving and left:
            batch, targets = self._leaving[0]
            part = list(islice(targets, left))
            for subscription in part:
                subscription.push(batch)
            left -= len(part)
            if left:
                self._leaving.popleft()
        self._took += self._clock.monotonic() - started
        if self._leaving:
            self._next = asyncio.get_running_loop().call_soon(self._hand_out)
        elif self._pending:
            self._next = asyncio.get_running_loop().call_later(self._delay(), self._on_time)

    def _delay(self) -> float:
        took, self._took = self._took, 0.0
        limits = self._limits
        wakes = sum(subscription.shortcut is None for subscription in self.subscriptions) * limits.wake
        return max(limits.delay, min(limits.rest * took + wakes, limits.longest))


def batches(events: Iterable[Event], limits: BatchLimits) -> Iterator[EventBatch]:
    """``events`` in their order, in batches within ``limits``; an event that is larger alone is alone in its own."""
    found: list[Event] = []
    size = 0
    for event in events:
        length = len(event.entry.json)
        if found and (len(found) == limits.size or size + length > limits.bytes):
            yield EventBatch(found)
            found, size = [], 0
        found.append(event)
        size += length
    if found:
        yield EventBatch(found)
