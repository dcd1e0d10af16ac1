"""The lines around those that match, as many before and behind as a query asks for."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..files.splitter import Chunk, Lines
from ..lines.line_time import ALWAYS
from ..lines.severity import Audit
from .matcher import Matcher
from .query import LogQuery


@dataclass(slots=True)
class _Unit:
    """A unit of a file, whether it was given out, and what is known besides."""

    offset: int
    data: bytes
    cut: int | None
    hole: int | None
    is_given: bool = False


class ContextSelector:
    """Selects what ``matcher`` does, and ``count`` units before and behind each, which ``everything`` finds, in a file.

    Across chunks as far as they come one after the other, forwards or backwards. The records of units that do not match
    say how far away the one is that does: negative for those before it.
    """

    def __init__(self, matcher: Matcher, everything: Matcher, count: int) -> None:
        self._matcher = matcher
        self._everything = everything
        self._count = count
        self._left = 0  # units that are still to come behind the last one that matched
        self._seen: deque[_Unit] = deque(maxlen=self._count)
        self._place = -1  # where the next chunk has to start, or to end
        # Taken by the matcher when it makes records of them.
        self._distances = matcher.distances

    def select(self, chunk: Chunk, *, backward: bool = False) -> Lines:
        """The units of ``chunk`` that match, and those around them, in file order; also of the chunks before."""
        start, stop = chunk.offset + chunk.start, chunk.stop
        if self._place != (stop if backward else start):
            self._left = 0
            self._seen.clear()
        self._place = start if backward else stop
        matching = self._matcher.select(chunk)
        wanted = {matching.offset(index) for index in range(len(matching))}
        units = _units(self._everything.select(chunk))
        # Towards older lines everything is the same, the other way round.
        sign = -1 if backward else 1
        given: list[_Unit] = []
        for unit in reversed(units) if backward else units:
            if unit.offset in wanted:
                for distance, before in enumerate(reversed(self._seen), 1):
                    self._give(before, -sign * distance, given)
                self._distances.pop(unit.offset, None)
                unit.is_given = True
                given.append(unit)
                self._left = self._count
            elif self._left:
                self._give(unit, sign * (self._count - self._left + 1), given)
                self._left -= 1
            self._seen.append(unit)
        given.sort(key=lambda unit: unit.offset)
        return _lines(given, start)

    def _give(self, unit: _Unit, distance: int, given: list[_Unit]) -> None:
        if not unit.is_given:
            unit.is_given = True
            self._distances[unit.offset] = distance
            given.append(unit)


def context_query(query: LogQuery) -> LogQuery:
    """The query that finds every line, returned as ``query`` says."""
    return replace(
        query, level=None, audit=Audit.WITH, grep=None, fixed=None, fields=(), window=ALWAYS, trace="", context=0
    )


def _units(lines: Lines) -> list[_Unit]:
    offset = lines.start
    found = []
    for index, data in enumerate(lines.data):
        if lines.offsets is not None:
            offset = lines.offsets[index]
        found.append(_Unit(offset, data, lines.cut.get(index), lines.holes.get(index)))
        offset += lines.length(index) + 1
    return found


def _lines(units: Sequence[_Unit], start: int) -> Lines:
    cut = {index: unit.cut for index, unit in enumerate(units) if unit.cut is not None}
    holes = {index: unit.hole for index, unit in enumerate(units) if unit.hole is not None}
    return Lines([unit.data for unit in units], start, cut, [unit.offset for unit in units], holes)
