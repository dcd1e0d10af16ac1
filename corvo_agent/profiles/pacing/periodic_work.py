"""Periodic work within a CPU budget."""

from __future__ import annotations

import time
from collections.abc import Callable

#: The share of the time that one piece of work may take.
BUDGET = 0.01
_SMOOTHING = 0.2


class PeriodicWork:
    """Does ``work`` every ``interval`` seconds, or less often when that takes more than its share of the time.

    ``work`` gets the seconds since it was done last. Belongs to one thread, whose processor time counts.
    """

    def __init__(self, work: Callable[[float], None], interval: float) -> None:
        self._work = work
        self._interval = interval
        self._cost = 0.0
        self._last = time.monotonic()
        #: When it is to be done next, on the monotonic clock.
        self.due = self._last

    def do_if_due(self, now: float) -> None:
        """Do it when its time has come."""
        if now < self.due:
            return
        before = time.thread_time()
        elapsed, self._last = now - self._last, now
        self._work(elapsed)
        took = time.thread_time() - before
        # What is seen for the first time takes longest: smoothed, so that one such time does not count for many.
        self._cost += _SMOOTHING * (took - self._cost)
        self.due = now + max(self._interval, self._cost / BUDGET)
