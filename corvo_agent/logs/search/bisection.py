"""The part of a file that a window of times can lie in, found by bisection instead of reading it all.

Lines need not be sorted: a line may stand behind one that is up to ``slack`` nanoseconds newer. What is disordered
further than that may be missed. Where no line with a time is found the part stays as large as it was.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from ..files.blocks import LARGEST_BLOCK
from ..files.log_file import LogFile
from ..files.splitter import Framing
from ..lines.line_time import LineClock, Window
from ..lines.record import read_document

_CLOSE = 32 * 1024  # reading that much costs less than another probe
_PROBE = 8 * 1024
_GIVE_UP = LARGEST_BLOCK  # bytes without a time after which a file counts as one without times


@dataclass(frozen=True, slots=True)
class TimedLine:
    """A line that has a time, and where it starts."""

    offset: int
    time: int


def narrow(
    log: LogFile, end: int, window: Window, slack: int, framing: Framing
) -> Generator[None, None, tuple[int, int]]:
    """Returns the start and end of the part of ``log``, up to ``end``, outside of which no line is in ``window``."""
    start = 0
    if window.since is not None:
        start, _ = yield from _bisect(log, 0, end, window.since - slack, framing)
    if window.until is not None:
        _, end = yield from _bisect(log, start, end, window.until + slack, framing)
    return start, end


def first_timed(log: LogFile, end: int, framing: Framing) -> TimedLine | None:
    """The first line with a time near the start of ``log``."""
    return _probe(log, 0, end, framing)[0]


def first_timed_in(data: bytes, framing: Framing) -> TimedLine | None:
    """The first line with a time in ``data``, the beginning of a file."""
    return _first(data, 0, LineClock(), framing)


def _bisect(log: LogFile, low: int, high: int, limit: int, framing: Framing) -> Generator[None, None, tuple[int, int]]:
    """Returns two starts of lines: up to the first every line is older than ``limit`` and the slack, from the second on
    every line is at least as new as ``limit`` less the slack. They are ``low`` and ``high`` where nothing is known.
    """
    last = high
    while high - low > _CLOSE:
        middle = (low + high) // 2
        line, searched = _probe(log, middle, high, framing)
        # Too many bytes without a time: guessing on would cost more than reading the part.
        if line is None and not searched:
            break
        if line is not None and line.time < limit:
            low = line.offset
        else:
            # Without a line with a time up to high, nothing is known about it: what was found last stands.
            last = last if line is None else line.offset
            high = middle
        yield
    return low, last


def _probe(log: LogFile, position: int, end: int, framing: Framing) -> tuple[TimedLine | None, bool]:
    """The first line with a time that starts in the part; and whether all of the part was looked at."""
    clock = LineClock()
    size = _PROBE
    # Including the byte before, a line that starts exactly at the position is seen to start there.
    begin = max(position - 1, 0)
    while True:
        count = min(size, end - begin)
        data = bytearray(count)
        log.fill(memoryview(data), begin)
        line = _first(bytes(data), 0 if position == 0 else data.find(b"\n") + 1 or count, clock, framing)
        if line is not None:
            return TimedLine(begin + line.offset, line.time), True
        if begin + count >= end:
            return None, True
        if size >= _GIVE_UP:
            return None, False
        # Lines longer than the probe are rare; a few reads that grow are cheaper than one large one each time.
        size *= 4


def _first(data: bytes, at: int, clock: LineClock, framing: Framing) -> TimedLine | None:
    """The first line with a time among the whole lines from ``at`` on."""
    while (stop := data.find(b"\n", at)) >= 0:
        line = data[at:stop]
        # When lines are joined, only such a line starts a unit.
        if not framing.after or line.startswith(framing.after):
            time = clock.read(read_document(line))
            if time is not None:
                return TimedLine(at, time)
        at = stop + 1
    return None
