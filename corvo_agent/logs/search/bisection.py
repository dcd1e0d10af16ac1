"""The part of a file that a window of times can lie in, found by bisection instead of reading it all.

Lines need not be sorted: a line may stand behind one that is up to ``slack`` nanoseconds newer. One odd line decides
nothing: each probe reads several lines, and goes by all of them. Before a file is bisected, probes all over it tell
whether its times go forward at all; where they do not, or no line with a time is found, the part stays as large as it
was.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from ..files.blocks import LARGEST_BLOCK
from ..files.framing import Framing
from ..files.log_file import LogFile
from ..lines.line_time import Window

_CLOSE = 32 * 1024  # reading that much costs less than another probe
_PROBE = 8 * 1024
_GIVE_UP = LARGEST_BLOCK  # bytes without a time after which a file counts as one without times
_SEVERAL = 5  # lines with a time that a probe reads
_CHECKS = 16  # probes that tell whether the times go forward

#: The time of a line, in nanoseconds since the epoch; None when it has none that can be read.
LineTime = Callable[[bytes], int | None]


@dataclass(frozen=True, slots=True)
class TimedLines:
    """Some neighbouring lines with times: where the first one starts, and their times as they come."""

    offset: int
    times: tuple[int, ...]

    @property
    def earliest(self) -> int:
        """The smallest time."""
        return min(self.times)

    @property
    def latest(self) -> int:
        """The largest time."""
        return max(self.times)

    @property
    def typical(self) -> int:
        """The time in the middle, which one odd line does not move far."""
        return sorted(self.times)[len(self.times) // 2]


def narrow(
    log: LogFile, end: int, window: Window, slack: int, framing: Framing, time: LineTime
) -> Generator[None, None, tuple[int, int]]:
    """Returns the start and end of the part of ``log``, up to ``end``, outside of which no line is in ``window``."""
    probe = _Prober(log, framing, time, slack)
    if not (yield from probe.goes_forward(end)):
        return 0, end
    start = 0
    if window.since is not None:
        since = window.since - slack
        start, _ = yield from _bisect(probe, 0, end, lambda lines: lines.latest < since)
    if window.until is not None:
        until = window.until + slack
        _, end = yield from _bisect(probe, start, end, lambda lines: lines.earliest < until)
    return start, end


def first_timed(log: LogFile, end: int, framing: Framing, time: LineTime) -> TimedLines | None:
    """The first lines with a time near the start of ``log``."""
    return _Prober(log, framing, time).probe(0, end)[0]


def first_timed_in(data: bytes, framing: Framing, time: LineTime) -> TimedLines | None:
    """The first lines with a time in ``data``, the beginning of a file."""
    return _timed(data, 0, framing, time)


def _bisect(
    probe: _Prober, low: int, high: int, is_older: Callable[[TimedLines], bool]
) -> Generator[None, None, tuple[int, int]]:
    """Returns two starts of lines: up to the first one lines are older, from the second on they are not.

    They are ``low`` and ``high`` where nothing is known.
    """
    last = high
    while high - low > _CLOSE:
        middle = (low + high) // 2
        lines, searched = probe.probe(middle, high)
        # Too many bytes without a time: guessing on would cost more than reading the part.
        if lines is None and not searched:
            break
        if lines is not None and is_older(lines):
            low = lines.offset
        else:
            # Without a line with a time up to high, nothing is known about it: what was found last stands.
            last = last if lines is None else lines.offset
            high = middle
        yield
    return low, last


class _Prober:
    """Reads the times of lines here and there in a file."""

    def __init__(self, log: LogFile, framing: Framing, time: LineTime, slack: int = 0) -> None:
        self._log = log
        self._slack = slack
        self._framing = framing
        self._time = time

    def probe(self, position: int, end: int) -> tuple[TimedLines | None, bool]:
        """The first lines with a time that start in the part; and whether all of the part was looked at."""
        size = _PROBE
        # Including the byte before, a line that starts exactly at the position is seen to start there.
        begin = max(position - 1, 0)
        while True:
            count = min(size, end - begin)
            data = bytearray(count)
            self._log.fill(memoryview(data), begin)
            at = 0 if position == 0 else data.find(b"\n") + 1 or count
            lines = _timed(bytes(data), at, self._framing, self._time)
            if lines is not None:
                return TimedLines(begin + lines.offset, lines.times), True
            if begin + count >= end:
                return None, True
            if size >= _GIVE_UP:
                return None, False
            size *= 4

    def goes_forward(self, end: int) -> Generator[None, None, bool]:
        """Returns whether the times all over the file, up to ``end``, go forward, as far as so few of them tell."""
        if end <= _CLOSE:
            return False  # it is as quick to read it all
        latest: int | None = None
        for number in range(_CHECKS):
            lines, _ = self.probe(end * number // _CHECKS, end)
            if lines is not None:
                if latest is not None and lines.typical < latest - self._slack:
                    return False
                latest = max(lines.typical, latest or 0)
            yield
        return True


def _timed(data: bytes, at: int, framing: Framing, time: LineTime) -> TimedLines | None:
    """The first lines with a time among the whole lines from ``at`` on."""
    first, times = -1, list[int]()
    while len(times) < _SEVERAL and (stop := data.find(b"\n", at)) >= 0:
        line = data[at:stop]
        # Only such a line starts a unit.
        if framing.starts(line):
            found = time(line)
            if found is not None:
                first = at if first < 0 else first
                times.append(found)
        at = stop + 1
    return TimedLines(first, tuple(times)) if times else None
