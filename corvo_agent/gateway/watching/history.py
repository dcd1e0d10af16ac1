"""The changes of the last seconds, for watchers that say where they want to begin."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ...clock import Clock
from ...errors import Compacted
from .events import Event


class History:
    """Changes of the last ``seconds``, at most ``limit`` of them and about ``size`` bytes of JSON.

    What a change replaced counts, too: nothing else may hold it any more. The newest is kept whatever its size.
    ``floor`` is the revision up to which nothing is known: every change after it is here.
    """

    def __init__(self, clock: Clock, *, seconds: float = 30.0, limit: int = 20_000, size: int = 32 << 20) -> None:
        self._clock = clock
        self._seconds = seconds
        self._limit = limit
        self._size = size
        # When each came, and how many bytes it holds.
        self._events: deque[tuple[float, int, Event]] = deque()
        self._held = 0
        self.floor: int | None = None

    def begin(self, revision: int) -> None:
        """The first state, that of ``revision``, is known: changes after it follow."""
        self.floor = revision
        self._events.clear()
        self._held = 0

    def add(self, events: Sequence[Event]) -> None:
        """Keep ``events``, which come in the order of their revisions; drop what is too old or too much."""
        now = self._clock.monotonic()
        for event in events:
            if self.floor is not None and event.revision <= self.floor:
                # Of the first state itself: what came before it is not known.
                continue
            size = len(event.entry.json) + (len(event.before.json) if event.before is not None else 0)
            self._held += size
            self._events.append((now, size, event))
        self._evict(now)

    def since(self, revision: int) -> list[Event]:
        """Changes at ``revision`` and after it; raises Compacted when some of them may be gone."""
        self._evict(self._clock.monotonic())
        if self.floor is None or revision <= self.floor:
            raise Compacted(revision, 0 if self.floor is None else self.floor + 1)
        found = []
        # From the newest on: who comes back after a moment has missed little.
        for _, _, event in reversed(self._events):
            if event.revision < revision:
                break
            found.append(event)
        return found[::-1]

    def _evict(self, now: float) -> None:
        oldest = now - self._seconds
        while self._events and (self._events[0][0] < oldest or self._is_too_much()):
            _, size, event = self._events.popleft()
            self._held -= size
            self.floor = event.revision

    def _is_too_much(self) -> bool:
        return len(self._events) > self._limit or (self._held > self._size and len(self._events) > 1)
