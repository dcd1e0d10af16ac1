"""The errors of the last minutes, counted without reading those minutes anew at each look."""

from __future__ import annotations

from collections.abc import Sequence

from ..logs.lines.line_time import LineClock
from ..logs.lines.marker import TRUNCATED, is_marker
from ..logs.lines.record import Record
from ..timestamps import format_rfc3339

#: Seconds that errors are counted of, unless told otherwise.
RECENT = 600
#: Errors that one answer has at most, so that asking stays cheap.
MOST_ERRORS = 1000
_SECOND = 10**9
# Seconds of one count; and how far before the last look lines are read again, as they may be written late.
_STEP, _LATE = 10, 20


def judged(records: Sequence[Record]) -> tuple[list[Record], tuple[str, ...], bool]:
    """The lines of an answer, its remarks on lines that could not be judged, and whether there may be more of them."""
    lines = [record for record in records if not is_marker(record)]
    markers = [record for record in records if is_marker(record)]
    remarks = tuple(dict.fromkeys(marker["msg"] for marker in markers if TRUNCATED not in marker))
    return lines, remarks, len(lines) >= MOST_ERRORS or any(TRUNCATED in marker for marker in markers)


class RecentErrors:
    """Counts error lines by their times; ``seconds`` of them are kept.

    Ask the agent's log for ``parameters`` and ``take`` the answer: the first look is about all of the time, each later
    one about what may have come since. Times are wall times in nanoseconds.
    """

    def __init__(self, seconds: float = RECENT) -> None:
        self._length = round(seconds) * _SECOND
        self._clock = LineClock()
        # Errors by step of time; those of ``_cut`` are more than were counted.
        self._counts: dict[int, int] = {}
        self._cut: set[int] = set()
        self._remarks: tuple[str, ...] = ()
        self._looked = 0

    def parameters(self, now: int) -> dict[str, str]:
        """The parameters of the Log query to ask with at ``now``."""
        return {"level": "Error", "lines": str(MOST_ERRORS), "since": format_rfc3339(self._since(now))}

    def take(self, records: Sequence[Record], now: int) -> None:
        """The answer to what was asked with at ``now``."""
        since = self._since(now)
        begin = since // (_STEP * _SECOND)
        self._counts = {step: count for step, count in self._counts.items() if step < begin}
        self._cut = {step for step in self._cut if step < begin}
        lines, self._remarks, cut = judged(records)
        for record in lines:
            time = self._clock.read(record)
            step = max(since if time is None else time, since) // (_STEP * _SECOND)
            self._counts[step] = self._counts.get(step, 0) + 1
        if cut:
            self._cut.add(min(self._counts, default=begin))
        self._looked = now
        self._forget(now)

    def count(self, now: int) -> int:
        """Errors of the time before ``now``."""
        self._forget(now)
        return sum(self._counts.values())

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the last answer says of lines that it could not judge, which may be errors too."""
        return self._remarks

    @property
    def at_least(self) -> bool:
        """Whether there may be more than ``count``: an answer was cut, or some lines could not be judged."""
        return bool(self._cut or self._remarks)

    def _since(self, now: int) -> int:
        """Where to read from: at the beginning of a step, so that what is read again can be counted anew."""
        step = _STEP * _SECOND
        start = now - self._length
        if self._looked:
            start = max(start, self._looked - _LATE * _SECOND)
        return start // step * step

    def _forget(self, now: int) -> None:
        first = (now - self._length) // (_STEP * _SECOND)
        self._counts = {step: count for step, count in self._counts.items() if step >= first}
        self._cut = {step for step in self._cut if step >= first}
