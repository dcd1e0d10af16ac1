"""Followed logs of several modules as one sequence in the order of their times."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ...clock import SYSTEM_CLOCK, Clock
from ...logs.limits import DEFAULT_SPAN
from ...logs.lines.record import Record
from ...logs.lines.reordering import ReorderWindow

# Lines that wait at most; with more, the earliest are shown although lines before them may still come.
_MOST = 20_000
_AT_ONCE = 20  # records shown before it is looked again whether there is room for more
# Seconds within which each module that is there at the start has to have shown its newest lines.
_OPENING = 3.0
# Seconds between two looks at whether the first lines are there, where nothing else says how often.
_LOOK = 0.05


class ReorderBuffer:
    """Gives records to ``show`` in the order of their times, ``span`` seconds after they came.

    What comes later than that is shown when it comes, and ``late`` is called with its module: see ``ReorderWindow``.
    The first lines of modules that are expected at the start are waited for a little longer.
    """

    def __init__(
        self,
        show: Callable[[list[tuple[str, Record]]], None],
        *,
        span: float = DEFAULT_SPAN,
        clock: Clock = SYSTEM_CLOCK,
        late: Callable[[str], object] = lambda name: None,
    ) -> None:
        self._show = show
        self._window: ReorderWindow[Record] = ReorderWindow(span)
        self._late = late
        self._clock = clock
        self._opening: set[str] = set()
        self._opened = clock.monotonic() + _OPENING
        self._moved = asyncio.Event()

    def expect(self, name: str) -> None:
        """The module ``name`` is going to ``add`` its first records, or that there are none."""
        self._opening.add(name)

    def add(self, name: str, records: list[Record]) -> None:
        """Records of the module ``name`` that have come; an empty list: nothing yet."""
        now = self._clock.monotonic()
        late = False
        for record in records:
            place = self._window.place(name, record)
            late |= self._window.is_late(place)
            self._window.add(name, place, record, now)
        if late:
            self._late(name)
        self._opening.discard(name)
        # A module that floods must not fill the memory of the terminal that watches it.
        if len(self._window) > _MOST:
            self._show(self._window.take_some(len(self._window) - _MOST))
        self._moved.set()

    async def run(self) -> None:
        """Show what has waited long enough, until cancelled."""
        while True:
            self._moved.clear()
            due = self._due()
            if due is None:
                await self._moved.wait()
            elif (pause := due - self._clock.monotonic()) > 0:
                await self._clock.sleep(min(pause, self._window.span or _LOOK))
            else:
                self._show(self._window.take(self._clock.monotonic()))

    def flush(self, has_room: Callable[[], bool] = lambda: True) -> None:
        """Show what still waits, as long as ``has_room``."""
        while len(self._window) and has_room():
            self._show(self._window.take_some(_AT_ONCE))

    def _due(self) -> float | None:
        """When the next one has waited long enough, None where nothing waits."""
        due = self._window.due()
        if due is None or not self._opening or self._clock.monotonic() >= self._opened:
            return due
        return max(due, self._opened)
