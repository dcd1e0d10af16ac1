"""One measurement at a time, where two would disturb each other."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

from ..errors import ResourceExhausted


class Gate:
    """Lets one through at a time; the second is refused, not queued. ``what`` is told to the second."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = threading.Lock()

    @property
    def taken(self) -> bool:
        """Whether somebody is in."""
        return self._lock.locked()

    def reopen(self) -> None:
        """Let the next one in, whoever is in there."""
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Raises ResourceExhausted when somebody else is in."""
        lock = self._lock
        if not lock.acquire(blocking=False):
            raise ResourceExhausted(self._what, 1)
        try:
            yield
        finally:
            lock.release()


# Two agents in one process share these. Whoever held one did not come along into a child made by fork.
THIS_PROCESS = Gate("CPU profiles of one process at a time")
TRACES = Gate("traces of one process at a time")
MEMRAY = Gate("memray windows of one process at a time")
for _gate in (THIS_PROCESS, TRACES, MEMRAY):
    os.register_at_fork(after_in_child=_gate.reopen)
