"""What was written to several logs since a reader was there last, in the order of its times, page by page."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ...errors import NotFound
from ..files.cursor import Cursor
from ..limits import DEFAULT_LIMITS, ReadLimits
from ..lines import marker
from ..lines.line_time import OrderClock
from ..lines.marker import Gap
from ..lines.record import Record, size_of
from ..search.many import part_limits
from ..search.query import LogQuery
from ..search.reader import LogReader
from ..search.result import LogResult
from .follower import Position

# How many times its text a record takes in memory.
_TIMES = 4


def _ignore(size: int) -> None:
    """Nothing bounds what is read."""


def _memory(record: Record) -> int:
    return _TIMES * size_of(record)


@dataclass(frozen=True, slots=True)
class Placed:
    """A record of the log ``path``; ``position`` is behind it, None for a remark."""

    path: str
    record: Record
    position: Position | None


@dataclass(slots=True)
class _Log:
    """One log: where its next page starts, and what was read of it and not given out yet."""

    start: Cursor | None
    is_done: bool = False
    clock: OrderClock = field(default_factory=OrderClock)
    waiting: deque[tuple[int, Placed]] = field(default_factory=deque)


class CatchUp:
    """Reads on in the logs ``starts``, each from its cursor on; None: from its beginning. ``page``: records at once."""

    def __init__(self, reader: LogReader, starts: Mapping[str, Cursor | None], page: int) -> None:
        self._reader = reader
        self._page = page
        self._order = itertools.count()
        # Logs whose place is gone: they are not read, but only followed.
        self._lost: set[str] = set()
        #: Bytes of memory of what was read and not given out.
        self.held = 0
        # Whether a page was begun and not ended, and where it began.
        self._is_reading = False
        self._given: dict[str, Cursor | None] = {}
        self._lost_before: set[str] = set()
        self._begin(starts)

    def go_on(self, paths: Iterable[str]) -> None:
        """From now on the logs ``paths`` are read, from where they were given out; from its beginning a new one."""
        known = self._starts
        self._begin({path: known.get(path) for path in paths if path not in self._lost})

    def steps(
        self,
        query: LogQuery,
        until: float,
        bounds: Mapping[str, Position] | None,
        limits: ReadLimits = DEFAULT_LIMITS,
        grow: Callable[[int], None] = _ignore,
    ) -> Generator[None, None, list[Placed]]:
        """Returns about a page of what comes next; nothing at the end.

        Without ``bounds`` it ends before the last page of each log, which may still grow. ``until`` as for a reader;
        ``limits`` are those of a page of all logs together, and ``grow`` hears how many bytes more are held. When that
        raises, the same page may be asked for again.
        """
        if self._is_reading:
            self._lost = self._lost_before
            self._begin(self._given)
        self._is_reading, self._given, self._lost_before = True, dict(self._starts), set(self._lost)
        limits = part_limits(limits, len(self._logs))
        told: list[Placed] = []
        while len(told) < self._page:
            # A record can be told only when the next one of every log is known.
            while self._unread:
                yield from self._read(self._unread[-1], query, until, bounds, limits, grow)
            if not self._next:
                break
            _, _, path = heapq.heappop(self._next)
            log = self._logs[path]
            _, placed = log.waiting.popleft()
            self.held -= _memory(placed.record)
            told.append(placed)
            if placed.position is not None:
                self._starts[path] = Cursor(placed.position.mark, placed.position.offset, forward=True)
            self._wait(path, log)
        self._is_reading = False
        return told

    def _begin(self, starts: Mapping[str, Cursor | None]) -> None:
        self._starts = dict(starts)
        self._logs = {path: _Log(start) for path, start in starts.items()}
        self._all = frozenset(starts)
        self._unread = list(self._logs)
        self._next: list[tuple[int, int, str]] = []
        self.held = 0

    def _wait(self, path: str, log: _Log) -> None:
        if log.waiting:
            heapq.heappush(self._next, (log.waiting[0][0], next(self._order), path))
        elif not log.is_done:
            self._unread.append(path)

    def _read(
        self,
        path: str,
        query: LogQuery,
        until: float,
        bounds: Mapping[str, Position] | None,
        limits: ReadLimits,
        grow: Callable[[int], None],
    ) -> Generator[None, None, None]:
        """Read a page of the log that is the last of those to be read."""
        log = self._logs[path]
        bound = None if bounds is None else bounds.get(path)
        end = None if bound is None else Cursor(bound.mark, bound.offset, forward=False)
        asked = replace(query, lines=self._page, cursor="", offset=0 if log.start is None else None)
        try:
            result = yield from self._reader.page(path, asked, until, log.start, end, self._all, limits)
        except NotFound:
            result = LogResult()
            if log.start is not None:
                self._lost.add(path)
                result.remarks.append(marker.gap(Gap.CURSOR, path))
        log.is_done = not result.cursor
        self._unread.pop()
        if log.is_done and bounds is None and path not in self._lost:
            return
        log.start = Cursor.decode(result.cursor) if result.cursor else None
        for record, place in zip(result.records, result.places, strict=True):
            log.waiting.append((log.clock.place(record), Placed(path, record, Position(place.mark, place.offset))))
        for remark in result.remarks:
            log.waiting.append((log.clock.place(remark), Placed(path, remark, None)))
        size = sum(_memory(placed.record) for _, placed in log.waiting)
        self.held += size
        grow(size)
        self._wait(path, log)
