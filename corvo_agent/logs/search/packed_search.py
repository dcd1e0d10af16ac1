"""The way through a compressed file: in parts, the newest first, those outside of a window of times left out.

A compressed file can only be read forwards. From the places that its index knows of, a part of it can be, without what
is before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise

from ..files.framing import Framing
from ..files.log_file import LogFile
from ..files.packed import unpack
from ..files.packed_index import START, Inflater, PackedIndex, Point
from ..files.splitter import Chunk, Lines, Splitter
from ..lines.line_time import Window
from .bisection import LineTime, TimedLines, first_timed_in


@dataclass(frozen=True, slots=True)
class Border:
    """Where a unit starts, inside the file, and the first lines with a time from there on."""

    start: int
    lines: TimedLines | None


class PackedSearch:
    """Reads the units of the compressed file ``log``, which has an ``index`` or not."""

    def __init__(
        self, log: LogFile, index: PackedIndex | None, framing: Framing, max_unit: int, time: LineTime
    ) -> None:
        self._log = log
        self._index = index
        self._framing = framing
        self._max_unit = max_unit
        self._time = time

    def chunks(self, start: int, end: int) -> Generator[Chunk | None, None, None]:
        """The units from ``start`` to ``end``, which are offsets inside."""
        splitter = Splitter(self._framing, self._max_unit, start)
        position = start if self._index is not None else 0
        pieces = unpack(self._log) if self._index is None else self._index.pieces(self._log, start)
        with closing(pieces):
            for piece in pieces:
                # Without an index there is no way to skip but to unpack.
                part = piece[max(start - position, 0) : max(end - position, 0)]
                position += len(piece)
                yield from splitter.feed(part)
                if position >= end:
                    break
                yield None
        yield from splitter.pause() if position >= end else splitter.finish()

    def measure(self, expired: Callable[[], bool]) -> Generator[None, None, bool]:
        """Have the index know the whole file; returns whether it does, and not that the time ran out.

        Out of time or not, it gets somewhere: the next call goes on from there.
        """
        if self._index is None:
            return True
        has_grown = False
        with closing(self._index.extend(self._log)) as steps:
            for is_new in steps:
                has_grown = has_grown or is_new
                if has_grown and expired():
                    return False
                yield
        return True

    def parts(self, end: int, window: Window, slack: int) -> Generator[None, None, list[tuple[int, int]]]:
        """Returns the parts of the file, up to ``end``, that lines of ``window`` may be in, the newest one first.

        A line may stand behind one that is up to ``slack`` nanoseconds newer. The index has to know the whole file.
        """
        if self._index is None:
            return [(0, end)]
        borders: list[Border] = []
        for point in (START, *self._index.points()):
            border = self._border(point)
            if border is not None and border.start < end and (not borders or border.start > borders[-1].start):
                borders.append(border)
            yield
        if window and _go_forward(borders, slack):
            borders, end = _inside(borders, end, window, slack)
            if borders:
                first, end = yield from self._narrowed(borders[0].start, end, window, slack)
                borders = [Border(first, None), *(each for each in borders if first < each.start < end)]
        starts = [border.start for border in borders]
        return list(zip(starts, [*starts[1:], end], strict=True))[::-1]

    def _border(self, point: Point) -> Border | None:
        """The first unit behind a place; None when the one that covers it is too long."""
        data = bytearray()
        with closing(Inflater(self._log, point).pieces()) as pieces:
            for piece in pieces:
                data += piece
                start = self._framing.first_start(data, len(data)) if point is not START else 0
                if start or point is START:
                    lines = first_timed_in(bytes(data[start:]), self._framing, self._time)
                    return Border(point.offset + start, lines)
                if len(data) > 2 * self._max_unit:
                    break
        return None

    def _narrowed(self, start: int, end: int, window: Window, slack: int) -> Generator[None, None, tuple[int, int]]:
        """Returns the same part, cut down to the pieces that the window may lie in."""
        position = first = start
        assert self._index is not None
        with closing(self._index.pieces(self._log, start)) as pieces:
            for piece in pieces:
                skip = self._framing.first_start(bytearray(piece), len(piece))
                lines = first_timed_in(piece[skip:], self._framing, self._time) if skip else None
                if lines is not None:
                    if window.since is not None and lines.latest < window.since - slack:
                        first = position + skip
                    elif window.until is None:
                        break
                    elif lines.earliest >= window.until + slack:
                        return first, min(end, position + skip)
                position += len(piece)
                if position >= end:
                    break
                yield
        return first, end


def _go_forward(borders: list[Border], slack: int) -> bool:
    """Whether times all over the file go forward, as far as so few of them tell."""
    times = [border.lines.typical for border in borders if border.lines is not None]
    return bool(times) and all(later >= earlier - slack for earlier, later in pairwise(times))


def _inside(borders: list[Border], end: int, window: Window, slack: int) -> tuple[list[Border], int]:
    """The borders of parts that the window may lie in, and where the last one ends."""
    first, last = 0, len(borders)
    for index, border in enumerate(borders):
        if border.lines is None:
            continue
        if window.since is not None and border.lines.latest < window.since - slack:
            first = index
        if window.until is not None and border.lines.earliest >= window.until + slack:
            last = index
            break
    return borders[first:last], borders[last].start if last < len(borders) else end


class Newest:
    """The last ``wanted`` lines of those added, or fewer when they are larger than ``room`` bytes."""

    def __init__(self, wanted: int, room: int) -> None:
        self.parts: deque[Lines] = deque()
        #: Whether lines that were wanted had to go.
        self.lost = False
        self._wanted = wanted
        self._room = room
        self._count = self._size = 0

    def add(self, lines: Lines) -> None:
        """Add the next lines, in file order."""
        if not len(lines):
            return
        self.parts.append(lines)
        self._count += len(lines)
        self._size += sum(map(len, lines.data))
        # Whole parts only: a few lines too many cost less than cutting one at each step.
        while self._count - len(self.parts[0]) >= self._wanted:
            self._remove()
        while self._size > self._room and len(self.parts) > 1:
            self._remove()
            self.lost = True

    def _remove(self) -> None:
        first = self.parts.popleft()
        self._count -= len(first)
        self._size -= sum(map(len, first.data))
