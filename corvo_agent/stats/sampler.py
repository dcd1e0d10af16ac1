"""Takes the samples of this process, at the beats of the heartbeat of its event loop."""

from __future__ import annotations

import asyncio
import time

from .gc_pauses import GcPauses
from .process import resident_bytes
from .samples import Samples

# Of the time of a processor, what counting tasks may cost: their list is made anew for it.
_SHARE = 0.0001


class LoopSampler:
    """Puts a sample into ``samples`` at a beat when their step is over; costs some thirty microseconds then.

    ``pauses`` are those of the garbage collector. Tasks are counted less often where there are very many.
    """

    def __init__(self, pauses: GcPauses, samples: Samples | None = None) -> None:
        self.samples = Samples() if samples is None else samples
        self._pauses = pauses
        self._due = 0.0
        self._then = time.monotonic(), time.process_time(), 0.0
        self._lag = 0.0
        self._tasks_due = 0.0

    def beat(self, lag: float, loop: asyncio.AbstractEventLoop) -> None:
        """``loop`` was ``lag`` seconds late."""
        self._lag = max(self._lag, lag)
        now = time.monotonic()
        if now >= self._due:
            # At the same distance, also when a beat was late.
            following = self._due + self.samples.step
            self._due = following if following > now else now + self.samples.step
            self._take(now, loop)

    def _take(self, now: float, loop: asyncio.AbstractEventLoop) -> None:
        before, used, paused = self._then
        self._then = now, time.process_time(), self._pauses.total
        lasted = now - before
        cpu = 100 * (self._then[1] - used) / lasted if lasted > 0 else None
        self.samples.add(time.time(), cpu, resident_bytes(), self._lag, self._tasks(now, loop), self._then[2] - paused)
        self._lag = 0.0

    def _tasks(self, now: float, loop: asyncio.AbstractEventLoop) -> int | None:
        if now < self._tasks_due:
            return None
        count = len(asyncio.all_tasks(loop))
        self._tasks_due = now + (time.monotonic() - now) / _SHARE
        return count
