"""The rows of the fleet, each made once for all who look at it, and what each of them has not been told yet."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Collection, Iterable, Sequence
from itertools import islice

import orjson

from ...clock import Clock
from ...modules.model import Module
from ...modules.selectors.selection import Selection
from ...overview.measuring import Measured
from ...overview.overview import Overview
from ..watching.endpoint_cache import EndpointCache
from ..watching.module_cache import ModuleCache
from .measurer import Ask, Measurer

# Seconds after which a row is told again for its age alone.
_AGED = 30 * 10**9
# Ends that count no more, and are kept until they are as many as those that do, and these.
_SPARE_ENDS = 64


class Row:
    """The row of one Module: its JSON, and when its agent was asked, None for never."""

    __slots__ = ("_asked", "_core", "asked", "module")

    def __init__(self, overview: Overview, now: int) -> None:
        self.module = overview.level.module
        shown = overview.as_json(now)
        asked = shown.pop("asked")
        self._core = orjson.dumps(shown)
        self.asked = None if overview.measured is None else overview.measured.asked
        self._core = self._core[:-1] + b',"asked":'
        self._asked = orjson.dumps(asked) + b"}"

    @property
    def json(self) -> bytes:
        """The row, compact."""
        return self._core + self._asked

    def tells(self, before: Row | None) -> bool:
        """Whether it tells anything to whoever has ``before``: the time of asking alone does not, while it is young."""
        if before is self:
            return False
        if before is None or before._core != self._core or (self.asked is None) != (before.asked is None):
            return True
        return (self.asked or 0) - (before.asked or 0) >= _AGED


class StatusBoard:
    """The Modules of ``modules`` with what lies in ``beside``, at a glance by ``clock``; ``ask`` measures one.

    Enter ``measurer`` to have anything measured.
    """

    def __init__(self, modules: ModuleCache, beside: EndpointCache, ask: Ask, clock: Clock) -> None:
        self.modules = modules
        self.clock = clock
        self.measurer = Measurer(ask, self._measured)
        #: Held by who makes and writes rows, for one turn of the loop.
        self.turn = asyncio.Lock()
        self._beside = beside
        # Made when they are first looked at.
        self._plain: dict[str, Row] = {}
        self._full: dict[str, Row] = {}
        self._feeds: set[RowFeed] = set()
        # What changes by itself: the wall time at which an override ends, and its Module. Those count that a row was
        # made with, which are expected.
        self._ends: list[tuple[int, str]] = []
        self._expected: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        modules.listen(self._changed)
        beside.listen(self._changed)

    def __len__(self) -> int:
        """How many feeds there are."""
        return len(self._feeds)

    def measurable(self, name: str) -> bool:
        """Whether there is an agent of the Module that could be asked."""
        entry = self.modules.get(name)
        return entry is not None and not entry.module.invalid and self._beside.get(name) is not None

    def row(self, name: str, *, measured: bool) -> Row | None:
        """The row of the Module ``name``, with what was ``measured`` of it if that is wanted; None for no Module."""
        rows = self._full if measured else self._plain
        row = rows.get(name)
        if row is not None and row.asked is not None and self.measurer.get(name) is None:
            # What was measured is too old to be shown.
            row = None
        if row is None and (entry := self.modules.get(name)) is not None:
            found = self.measurer.get(name) if measured and self.measurable(name) else None
            row = rows[name] = self._make(entry.module, found)
        return row

    def open(
        self, selection: Selection, measured: Iterable[str] = (), *, only: Collection[str] | None = None
    ) -> RowFeed:
        """A feed of what ``selection`` selects, of ``only`` these names if given; close it.

        The rows of ``measured`` have what is measured.
        """
        feed = RowFeed(self, selection, measured, only)
        self._feeds.add(feed)
        self.measurer.look(feed.measured)
        return feed

    def close(self, feed: RowFeed) -> None:
        """End a feed; again is fine."""
        if feed in self._feeds:
            self._feeds.discard(feed)
            self.measurer.look_away(feed.measured)

    def _make(self, module: Module, measured: Measured | None) -> Row:
        now = self.clock.time_ns()
        level = self._beside.level_of(module)
        if level.controls and (end := level.wanted(now).changes_at):
            self._expect(end, module.name)
        processes = self._beside.processes_of(module.name)
        return Row(Overview(level, measured, len(processes) or None), now)

    def _changed(self, names: Collection[str]) -> None:
        for name in names:
            self._plain.pop(name, None)
            self._full.pop(name, None)
            # Its next row, if there is one, expects anew.
            self._expected.pop(name, None)
        for feed in self._feeds:
            feed.mark(names)

    def _measured(self, name: str) -> None:
        self._full.pop(name, None)
        for feed in self._feeds:
            if name in feed.measured:
                feed.mark((name,))

    def _expect(self, end: int, name: str) -> None:
        if self._expected.get(name) == end:
            return
        self._expected[name] = end
        if len(self._ends) < 2 * len(self._expected) + _SPARE_ENDS:
            heapq.heappush(self._ends, (end, name))
        else:
            # Most of them are of overrides that were replaced or taken away, and may lie years ahead.
            self._ends = [(end, name) for name, end in self._expected.items()]
            heapq.heapify(self._ends)
        if self._ends[0] == (end, name):
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._ends:
            # An hour at most: a clock that is put right meanwhile is looked at again.
            pause = min(max((self._ends[0][0] - self.clock.time_ns()) / 1e9, 0.0) + 0.01, 3600.0)
            self._timer = asyncio.get_running_loop().call_later(pause, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        now = self.clock.time_ns()
        over: set[str] = set()
        while self._ends and self._ends[0][0] <= now:
            end, name = heapq.heappop(self._ends)
            if self._expected.get(name) == end:
                del self._expected[name]
                over.add(name)
        self._changed(over)
        self._set_timer()

    def stop(self) -> None:
        """Wait for the end of no override any more."""
        self._ends.clear()
        self._expected.clear()
        self._set_timer()


class RowFeed:
    """What one client has not been told yet of the rows that ``selection`` selects; for one consumer.

    A name that changes often waits once: what is told is the row as it is when it is taken.
    """

    def __init__(
        self, board: StatusBoard, selection: Selection, measured: Iterable[str], only: Collection[str] | None = None
    ) -> None:
        self.measured = frozenset(measured)
        self._board = board
        self._selection = selection
        self._only = None if only is None else frozenset(only)
        all_of_them = (entry.module.name for entry in board.modules.entries())
        self._waiting: dict[str, None] = dict.fromkeys(all_of_them if self._only is None else sorted(self._only))
        self._told: dict[str, Row] = {}
        self._moved = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many names wait."""
        return len(self._waiting)

    def mark(self, names: Iterable[str]) -> None:
        """These may have changed."""
        self._waiting.update(dict.fromkeys(names if self._only is None else self._only.intersection(names)))
        if self._waiting:
            self._moved.set()

    async def moved(self) -> None:
        """Wait until something may have changed."""
        while not self._waiting:
            self._moved.clear()
            await self._moved.wait()

    def take(self, most: int) -> tuple[Sequence[Row], Sequence[str]]:
        """The rows that tell something, and the names of those that are gone, of up to ``most`` names that wait."""
        names = list(islice(self._waiting, most))
        rows: list[Row] = []
        gone: list[str] = []
        for name in names:
            del self._waiting[name]
            row = self._board.row(name, measured=name in self.measured)
            before = self._told.get(name)
            if row is None or not self._selection.matches(row.module):
                if before is not None:
                    del self._told[name]
                    gone.append(name)
            elif row.tells(before):
                self._told[name] = row
                rows.append(row)
        return rows, gone
