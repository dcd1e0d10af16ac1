"""One measurement at a time, where two would disturb each other."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator

from ...errors import ResourceExhausted

#: Seconds that a second caller waits before it is refused: a cancelled one may still be ending its profiler.
PATIENCE = 1.0
_LOOK = 0.02


class Exclusive:
    """Lets one holder in at a time; a second one waits for a moment and is refused then, told that ``what`` is busy."""

    def __init__(self, what: str, patience: float = PATIENCE) -> None:
        self._what = what
        self._patience = patience
        self._lock = threading.Lock()

    @property
    def taken(self) -> bool:
        """Whether it has a holder now."""
        return self._lock.locked()

    def reopen(self) -> None:
        """Let the next one in, whether or not there is a holder."""
        self._lock = threading.Lock()

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Become the holder. Raises ResourceExhausted when another one stays in."""
        lock, end = self._lock, time.monotonic() + self._patience
        # Looked at again and again: who is in there may be in another thread, with another loop.
        while not lock.acquire(blocking=False):
            if time.monotonic() > end:
                raise ResourceExhausted(self._what, 1)
            await asyncio.sleep(_LOOK)
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def held_by_thread(self) -> Iterator[None]:
        """The same for a thread that may wait. Raises ResourceExhausted when another holder stays in."""
        lock = self._lock
        if not lock.acquire(timeout=self._patience):
            raise ResourceExhausted(self._what, 1)
        try:
            yield
        finally:
            lock.release()


# Two agents in one process share these. The holder of one does not come along into a child made by fork.
THIS_PROCESS = Exclusive("CPU profiles of one process at a time")
TRACES = Exclusive("traces of one process at a time")
MEMRAY = Exclusive("memray recordings of one process at a time")
for _exclusive in (THIS_PROCESS, TRACES, MEMRAY):
    os.register_at_fork(after_in_child=_exclusive.reopen)
