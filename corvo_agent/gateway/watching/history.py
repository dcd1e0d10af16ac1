"""The changes of the last seconds, for watchers that say where they want to begin."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ...clock import Clock
from ...errors import Compacted
from .events import Event


class History:
    """Changes of the last ``seconds``, at most ``limit`` of them.

    ``floor`` is the revision up to which nothing is known: every change after it is here.
    """

    def __init__(self, clock: Clock, *, seconds: float = 30.0, limit: int = 20_000) -> None:
        self._clock = clock
        self._seconds = seconds
        self._limit = limit
        self._events: deque[tuple[float, Event]] = deque()
        self.floor: int | None = None

    def begin(self, revision: int) -> None:
        """The first state, that of ``revision``, is known: changes after it follow."""
        self.floor = revision
        self._events.clear()

    def add(self, events: Sequence[Event]) -> None:
        """Keep ``events``, which come in the order of their revisions; drop what is too old or too much."""
        now = self._clock.monotonic()
        self._events.extend((now, event) for event in events)
        self._evict(now)

    def since(self, revision: int) -> list[Event]:
        """Changes at ``revision`` and after it; raises Compacted when some of them may be gone."""
        self._evict(self._clock.monotonic())
        if self.floor is None or revision <= self.floor:
            raise Compacted(revision, 0 if self.floor is None else self.floor + 1)
        return [event for _, event in self._events if event.revision >= revision]

    def _evict(self, now: float) -> None:
        oldest = now - self._seconds
        while self._events and (self._events[0][0] < oldest or len(self._events) > self._limit):
            self.floor = self._events.popleft()[1].revision
