"""The last fifteen minutes of a process in numbers: what it cost, and how its event loop did, every ten seconds.

They are there when somebody begins to look. A fixed ring of doubles, 5 kB for each process.
"""

from __future__ import annotations

import math
from array import array
from typing import Any

#: The variable that tells them; asked for by this name only, because it is as long as all others together.
SAMPLES = "samples"
#: Seconds between two samples, and how many are kept.
STEP, KEPT = 10.0, 90

#: What a sample consists of: the time in seconds since the epoch; processor in percent of one, bytes of memory, the
#: longest delay of the event loop in seconds, asyncio tasks, seconds of pauses for the garbage collector, all since the
#: sample before.
COLUMNS = ("time", "cpu", "rss", "loop-lag", "tasks", "gc-pause")


class Samples:
    """A ring of ``kept`` samples, one every ``step`` seconds. ``add`` is for one thread, reading for any."""

    def __init__(self, step: float = STEP, kept: int = KEPT) -> None:
        self.step = step
        self._kept = kept
        self._numbers = array("d", bytes(8 * len(COLUMNS) * kept))
        self._count = 0

    def __len__(self) -> int:
        return min(self._count, self._kept)

    def add(self, time: float, *values: float | None) -> None:
        """One more, in the place of the oldest; None is what is not known."""
        start = (self._count % self._kept) * len(COLUMNS)
        row = array("d", [time, *(math.nan if value is None else value for value in values)])
        row.extend([math.nan] * (len(COLUMNS) - len(row)))
        self._numbers[start : start + len(COLUMNS)] = row
        self._count += 1

    def as_json(self) -> dict[str, Any]:
        """``step``, the names of the ``columns``, and a row for each sample, the oldest first; null is not known."""
        count = self._count
        width, oldest = len(COLUMNS), max(0, count - self._kept)
        rows = []
        for number in range(oldest, count):
            start = (number % self._kept) * width
            row = self._numbers[start : start + width].tolist()
            rows.append([None if math.isnan(value) else round(value, 6) for value in row])
        return {"step": self.step, "columns": COLUMNS, "rows": rows}
