"""One measurement at a time, where two would disturb each other."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator

from ...errors import ResourceExhausted
from ...forks import when_forked

#: Seconds that a second caller waits before it is refused: a cancelled one may still be ending its profiler.
PATIENCE = 1.0
_LOOK = 0.02


class Exclusive:
    """Lets one holder in at a time; others wait for their turns, each for as long as it can, and are refused then.

    The refusal says that ``what`` is busy. Turns are in the order of coming, whatever threads and loops they come from.
    """

    def __init__(self, what: str, patience: float = PATIENCE) -> None:
        self._what = what
        self._patience = patience
        self.reopen()

    @property
    def taken(self) -> bool:
        """Whether it has a holder now."""
        return bool(self._line)

    def reopen(self) -> None:
        """Let the next one in, whether or not there is a holder."""
        # The holder and those who wait behind it. Appending and removing are single steps, so no lock is held, which
        # a fork could leave locked for ever.
        self._line: deque[object] = deque()

    @contextlib.asynccontextmanager
    async def held(self, patience: float | None = None) -> AsyncIterator[None]:
        """Become the holder. Raises ResourceExhausted when that takes over ``patience`` seconds (1 unless given)."""
        with self._place(patience) as place:
            # Looked at again and again: who is in there may be in another thread, with another loop.
            while not place.is_first():  # noqa: ASYNC110
                await asyncio.sleep(_LOOK)
            yield

    @contextlib.contextmanager
    def held_by_thread(self, patience: float | None = None) -> Iterator[None]:
        """The same for a thread that may wait."""
        with self._place(patience) as place:
            while not place.is_first():
                time.sleep(_LOOK)
            yield

    @contextlib.contextmanager
    def _place(self, patience: float | None) -> Iterator[_Place]:
        place = _Place(self._line, self._what, time.monotonic() + (self._patience if patience is None else patience))
        line = self._line
        line.append(place)
        try:
            yield place
        finally:
            line.remove(place)


class _Place:
    """A place in the line, until the time ``end``."""

    def __init__(self, line: deque[object], what: str, end: float) -> None:
        self._line = line
        self._what = what
        self._end = end

    def is_first(self) -> bool:
        """Whether its turn has come. Raises ResourceExhausted when it is too late."""
        if self._line[0] is self:
            return True
        if time.monotonic() > self._end:
            raise ResourceExhausted(self._what, 1)
        return False


# Two agents in one process share these. The holder of one does not come along into a child made by fork.
THIS_PROCESS = Exclusive("CPU profiles of one process at a time")
TRACES = Exclusive("traces of one process at a time")
MEMRAY = Exclusive("memray recordings of one process at a time")
for _exclusive in (THIS_PROCESS, TRACES, MEMRAY):
    when_forked(after_in_child=_exclusive.reopen)
