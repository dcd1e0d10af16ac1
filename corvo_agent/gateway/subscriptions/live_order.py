"""What comes of several followed logs, in the order of their times, as far as it comes within a third of a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ...logs.limits import DEFAULT_SPAN
from ...logs.lines.record import Record
from ...logs.lines.reordering import ReorderWindow
from ..multiplex.kinds import Outlet
from .opening import line_of

#: Bytes that wait; with more, the earliest are said although lines before them may still come.
MOST_BYTES = 1 << 20
# Lines said at once.
_SLICE = 250


class LiveOrder:
    """Says lines through ``out``; while there are ``several`` logs each waits for earlier ones of the others.

    One that comes after a later one has been said is marked ``late``. None is lost: while the reader is slow, or more
    than ``MOST_BYTES`` wait, whoever adds waits.
    """

    def __init__(self, out: Outlet, several: Callable[[], bool], span: float = DEFAULT_SPAN) -> None:
        self._out = out
        self._several = several
        self._span = span
        self._window: ReorderWindow[bytes] = ReorderWindow(span)
        self._bytes = 0
        self._moved, self._room = asyncio.Event(), asyncio.Event()

    async def add(self, name: str, records: list[Record]) -> None:
        """Say ``records`` of the Module ``name`` when it is their turn."""
        for record in records:
            place = self._window.place(name, record)
            late = self._several() and self._window.is_late(place)
            await self._put(name, place, line_of(self._out, name, record, late=late))

    async def say(self, name: str, line: bytes) -> None:
        """Say ``line`` behind what there is of the Module ``name``."""
        await self._put(name, self._window.place(name, {}), line)

    async def run(self) -> None:
        """Say what is due, until cancelled."""
        while True:
            self._moved.clear()
            # One log has nothing to wait for.
            self._window.span = self._span if self._several() else 0.0
            due, now = self._window.due(), time.monotonic()
            if due is None:
                await self._moved.wait()
            elif self._bytes > MOST_BYTES:
                await self._say(self._window.take_some(_SLICE))
            elif due > now:
                await self._until(due - now)
            else:
                await self._say(self._window.take(now))

    async def _put(self, name: str, place: int, line: bytes) -> None:
        # Not before there is room: lines and cursor stay in their order.
        while self._bytes > MOST_BYTES:
            self._room.clear()
            await self._room.wait()
        self._window.add(name, place, line, time.monotonic())
        self._bytes += len(line)
        self._moved.set()

    async def _until(self, seconds: float) -> None:
        """Wait so long, or until too much waits."""
        try:
            async with asyncio.timeout(seconds):
                while self._bytes <= MOST_BYTES:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return

    async def _say(self, items: list[tuple[str, bytes]]) -> None:
        for start in range(0, len(items), _SLICE):
            lines = [line for _, line in items[start : start + _SLICE]]
            await self._out.say_all(lines)
            self._bytes -= sum(map(len, lines))
            self._room.set()
