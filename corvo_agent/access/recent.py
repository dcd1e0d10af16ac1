"""The last lines of an audit in memory, for those who look at them while they happen."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

import orjson

#: Lines that are kept, and bytes of one as JSON: what is longer is kept without its long parts.
KEPT_LINES, LINE_BYTES = 1000, 4096
# Those that may be long, the longest first.
_LONG = ("parameters", "change", "control")

#: What happened, as the audit tells it; and its place among all that has happened since the program started.
Line = Mapping[str, Any]


class RecentLines:
    """The last ``limit`` lines. Lives on one event loop."""

    def __init__(self, limit: int = KEPT_LINES) -> None:
        self._lines: deque[Line] = deque(maxlen=limit)
        self._count = 0
        self._moved = asyncio.Event()

    @property
    def count(self) -> int:
        """How many lines there have been, those that are gone included."""
        return self._count

    def add(self, line: Line) -> None:
        """One more; who waits is woken."""
        self._lines.append(_short(line))
        self._count += 1
        self._moved.set()
        self._moved = asyncio.Event()

    def after(self, count: int) -> list[Line]:
        """Those that came when there had been ``count``, or as many of them as are kept; the oldest first."""
        new = min(self._count - count, len(self._lines))
        return [self._lines[index] for index in range(len(self._lines) - new, len(self._lines))] if new > 0 else []

    async def moved(self) -> None:
        """Wait for one more."""
        await self._moved.wait()


def _short(line: Line) -> Line:
    left_out = []
    for part in _LONG:
        if len(orjson.dumps(line)) <= LINE_BYTES:
            break
        if part in line:
            line = {key: value for key, value in line.items() if key != part}
            left_out.append(part)
    return {**line, "left-out": left_out} if left_out else line
