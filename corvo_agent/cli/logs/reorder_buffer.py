"""Followed logs of several modules as one sequence in the order of their times."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import defaultdict, deque
from collections.abc import Callable

from ...clock import SYSTEM_CLOCK, Clock
from ...logs.lines.line_time import OrderClock
from ...logs.lines.record import Record

#: Seconds that a line waits for earlier ones of other modules, unless told otherwise.
DEFAULT_SPAN = 0.3
# Lines that wait at most; with more, the earliest are shown although lines before them may still come.
_MOST = 20_000
_AT_ONCE = 20  # records shown before it is looked again whether there is room for more
# Seconds within which each module that is there at the start has to have shown its newest lines.
_OPENING = 3.0
# Seconds between two looks at whether the first lines are there, where nothing else says how often.
_LOOK = 0.05


class ReorderBuffer:
    """Gives records to ``show`` in the order of their times, ``span`` seconds after they came.

    What comes later than that is shown when it comes. The records of one module keep their order, whatever their
    times say, and one without a time stays behind the one before it. The first lines of modules that are expected
    at the start are waited for a little longer.
    """

    def __init__(
        self,
        show: Callable[[list[tuple[str, Record]]], None],
        *,
        span: float = DEFAULT_SPAN,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._show = show
        self._span = span
        self._clock = clock
        self._opening: set[str] = set()
        self._opened = clock.monotonic() + _OPENING
        self._waiting: list[tuple[int, int, str, Record]] = []
        # When each came, and its time; in the order of coming.
        self._arrivals: deque[tuple[float, int]] = deque()
        self._order = itertools.count()
        self._clocks: defaultdict[str, OrderClock] = defaultdict(OrderClock)
        self._moved = asyncio.Event()

    def expect(self, name: str) -> None:
        """The module ``name`` is going to ``add`` its first records, or that there are none."""
        self._opening.add(name)

    def add(self, name: str, records: list[Record]) -> None:
        """Records of the module ``name`` that have come; an empty list: nothing yet."""
        now = self._clock.monotonic()
        clock = self._clocks[name]
        for record in records:
            time = clock.place(record)
            heapq.heappush(self._waiting, (time, next(self._order), name, record))
            self._arrivals.append((now, time))
        self._opening.discard(name)
        # A module that floods must not fill the memory of the terminal that watches it.
        if len(self._waiting) > _MOST:
            self._show_some(len(self._waiting) - _MOST)
        self._moved.set()

    async def run(self) -> None:
        """Show what has waited long enough, until cancelled."""
        while True:
            self._moved.clear()
            if not self._waiting:
                await self._moved.wait()
                continue
            pause = self._due() - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(min(pause, self._span or _LOOK))
            else:
                self._release(self._clock.monotonic())

    def flush(self, has_room: Callable[[], bool] = lambda: True) -> None:
        """Show what still waits, as long as ``has_room``."""
        while self._waiting and has_room():
            self._show_some(_AT_ONCE)
        self._arrivals.clear()

    def _due(self) -> float:
        """When the next one has waited long enough."""
        if not self._arrivals:
            return self._clock.monotonic()
        due = self._arrivals[0][0] + self._span
        return max(due, self._opened) if self._opening and self._clock.monotonic() < self._opened else due

    def _release(self, now: float) -> None:
        horizon = -(1 << 63)
        while self._arrivals and self._arrivals[0][0] + self._span <= now:
            # Everything up to this time has waited long enough, also what came later with an earlier time.
            horizon = max(horizon, self._arrivals.popleft()[1])
        due: list[tuple[str, Record]] = []
        while self._waiting and self._waiting[0][0] <= horizon:
            _, _, name, record = heapq.heappop(self._waiting)
            due.append((name, record))
        self._show(due)

    def _show_some(self, count: int) -> None:
        earliest = [heapq.heappop(self._waiting) for _ in range(min(count, len(self._waiting)))]
        self._show([(name, record) for _, _, name, record in earliest])
