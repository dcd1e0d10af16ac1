"""Fifteen minutes of a foreign process in numbers, as far as the kernel tells of it: processor and memory."""

from __future__ import annotations

import psutil

from ...clock import SYSTEM_CLOCK, Clock
from ...stats.samples import Samples
from ..target.follower import TargetFollower


class ProcessSamples:
    """Takes a sample of the process that ``target`` follows, every ten seconds during ``run``.

    While it does not run, and where this user may not look, there is a sample without numbers.
    """

    def __init__(self, target: TargetFollower, *, clock: Clock = SYSTEM_CLOCK, samples: Samples | None = None) -> None:
        self.samples = Samples() if samples is None else samples
        self._target = target
        self._clock = clock
        # Which process it was, when, and its processor seconds by then.
        self._before: tuple[object, float, float] = (None, 0.0, 0.0)

    async def run(self) -> None:
        """Take samples until cancelled."""
        await self._target.looked()
        while True:
            self._take()
            await self._clock.sleep(self.samples.step)

    def _take(self) -> None:
        now = self._clock.time_ns() / 1e9
        start = self._target.start
        if start is None:
            self.samples.add(now)
            return
        try:
            process = psutil.Process(start.process.pid)
            times, memory = process.cpu_times(), process.memory_info().rss
        except psutil.Error:
            self.samples.add(now)
            return
        identity, then, used = self._before
        busy, at = times.user + times.system, self._clock.monotonic()
        self._before = start.process, at, busy
        cpu = 100 * (busy - used) / (at - then) if identity == start.process and at > then else None
        self.samples.add(now, cpu, memory)
