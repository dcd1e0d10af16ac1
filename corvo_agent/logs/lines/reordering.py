"""Lines of several logs that are followed, put in the order of their times as far as they come soon enough."""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from ..limits import DEFAULT_SPAN
from .line_time import BEFORE_ALL, OrderClock

T = TypeVar("T")


class ReorderWindow(Generic[T]):
    """What waits until lines before it can have come: items of the logs called ``name``, by the times of their lines.

    An item leaves ``span`` seconds after it came, in the order of the times; none is lost. Those of one log keep their
    order, whatever their times say, and one without a time stays behind the one before it. ``now`` is always the same
    monotonic clock, in seconds. Belongs to one thread.
    """

    def __init__(self, span: float = DEFAULT_SPAN) -> None:
        self.span = span
        self._waiting: list[tuple[int, int, str, T]] = []
        # When each came, and its time; in the order of coming.
        self._arrivals: deque[tuple[float, int]] = deque()
        self._order = itertools.count()
        self._clocks: defaultdict[str, OrderClock] = defaultdict(OrderClock)
        # The time of the latest line that has left.
        self._left = BEFORE_ALL

    def __len__(self) -> int:
        return len(self._waiting)

    def place(self, name: str, record: Mapping[str, Any]) -> int:
        """Where the next line of ``name`` belongs, for ``add``; an empty ``record`` is behind the one before."""
        return self._clocks[name].place(record)

    def is_late(self, place: int) -> bool:
        """Whether a line with a later time has left already."""
        return BEFORE_ALL < place < self._left

    def add(self, name: str, place: int, item: T, now: float) -> None:
        """Take ``item``, which came at ``now`` and belongs to ``place``."""
        heapq.heappush(self._waiting, (place, next(self._order), name, item))
        self._arrivals.append((now, place))

    def due(self) -> float | None:
        """When the next one has waited long enough, None where nothing waits."""
        if not self._waiting:
            return None
        return self._arrivals[0][0] + self.span if self._arrivals else 0.0

    def take(self, now: float) -> list[tuple[str, T]]:
        """Those that have waited long enough, and what has to be before them."""
        horizon = BEFORE_ALL
        while self._arrivals and self._arrivals[0][0] + self.span <= now:
            # Everything up to this time has waited long enough, also what came later with an earlier time.
            horizon = max(horizon, self._arrivals.popleft()[1])
        due: list[tuple[str, T]] = []
        while self._waiting and self._waiting[0][0] <= horizon:
            due.append(self._pop())
        return due

    def take_some(self, count: int) -> list[tuple[str, T]]:
        """The earliest, ``count`` of them, although lines before them may still come."""
        return [self._pop() for _ in range(min(count, len(self._waiting)))]

    def _pop(self) -> tuple[str, T]:
        place, _, name, item = heapq.heappop(self._waiting)
        self._left = max(self._left, place)
        return name, item
