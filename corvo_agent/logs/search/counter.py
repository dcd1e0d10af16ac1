"""Counts what a search finds, by severity and time, in place of returning it."""

from __future__ import annotations

from collections import Counter

import orjson

from ...timestamps import format_rfc3339
from ..files.splitter import Lines
from ..limits import ReadLimits
from ..lines.marker import COUNTS, MARKER
from ..lines.record import Record
from .matcher import Matcher
from .packing import Packing, Part
from .query import LogQuery

#: Steps of time that one answer may tell.
MAX_STEPS = 2000
#: How a line is counted whose severity cannot be read.
UNKNOWN = "unknown"
# More than any log has.
_EVERY_LINE = 1 << 40


class MatchCounter:
    """Takes the place of a ``MatchCollector``: a search goes on until its window, or its time, is over.

    ``records`` are markers, one for each step of ``query.counts`` nanoseconds that has lines, the oldest first. A line
    without a time is in none of them.
    """

    def __init__(self, query: LogQuery, limits: ReadLimits, *, forward: bool, packing: Packing | None = None) -> None:
        self._step = query.counts
        self._forward = forward
        self._counted: dict[int, Counter[str]] = {}
        self.packing = packing
        #: All lines are wanted, and none is skipped.
        self.wanted, self.skip = _EVERY_LINE, 0

    @property
    def is_full(self) -> bool:
        """Whether there are more steps than an answer may tell."""
        return len(self._counted) > MAX_STEPS

    @property
    def seconds(self) -> float:
        """How long it takes to pass on what was found: counts are small."""
        return 0.0

    def take(self, lines: Lines, matcher: Matcher) -> int:
        """Count ``lines``, of which there is one at least; the offset in the file to go on from."""
        for unit in lines.data:
            time, severity = matcher.glance(unit)
            if time is not None:
                word = UNKNOWN if severity is None else severity.word
                self._counted.setdefault(time // self._step, Counter())[word] += 1
        return lines.offset(len(lines) if self._forward else 0)

    def records(self) -> list[Record]:
        """What was counted; nothing with a packing."""
        return [] if self.packing is not None else self._told()

    def packed(self) -> list[Part]:
        """The same, packed; nothing without a packing."""
        told = self._told()
        return [self.packing.pack(told)] if self.packing is not None and told else []

    def take_ends(self) -> list[int]:
        """Counts have no places."""
        return []

    def _told(self) -> list[Record]:
        # The newest steps are those that a search backward has seen whole.
        steps = sorted(self._counted)[-MAX_STEPS:]
        return [
            {
                "level": MARKER,
                "msg": f"{self._counted[step].total()} lines",
                "ts": format_rfc3339(step * self._step),
                COUNTS: orjson.dumps(self._counted[step]).decode(),
            }
            for step in steps
        ]
