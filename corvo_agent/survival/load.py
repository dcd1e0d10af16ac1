"""Sees what the process takes, and has it shed load while that is more than it may."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable

import psutil

from ..clock import SYSTEM_CLOCK, Clock
from ..diagnostics.shedding import Shedding, Stage
from .settings import SurvivalSettings

_log = logging.getLogger(__name__)
_EVERY = 1.0
# Seconds that the share of the processor is taken over: a profile that is packed takes all of it for a moment.
_WINDOW = 10.0
# Beyond this part of a limit almost all is refused; below that one everything is taken again.
_MUCH, _FINE = 1.25, 0.9

Measure = Callable[[], tuple[int, float]]


def measure() -> tuple[int, float]:
    """Resident bytes of this process, and the seconds of processor time that it has taken."""
    process = psutil.Process()
    with process.oneshot():
        spent = process.cpu_times()
        return process.memory_info().rss, spent.user + spent.system


class LoadWatch:
    """Looks each second at what ``measured`` says, and tells ``shedding``."""

    def __init__(
        self,
        settings: Callable[[], SurvivalSettings],
        shedding: Shedding,
        measured: Measure = measure,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._settings = settings
        self._shedding = shedding
        self._measure = measured
        self._clock = clock
        self._spent: deque[tuple[float, float]] = deque()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            settings = self._settings()
            if settings.max_memory or settings.max_cpu_percent or self._shedding.stage:
                self.look()
            await self._clock.sleep(_EVERY)

    def look(self) -> None:
        """Look once."""
        resident, spent = self._measure()
        settings, before = self._settings(), self._shedding.stage
        rows = (
            ("bytes of memory of the process", settings.max_memory, resident),
            ("percent of a processor for the process", settings.max_cpu_percent, self._percent(spent)),
        )
        worst = max((row for row in rows if row[1]), key=lambda row: row[2] / row[1], default=None)
        if worst is None:
            # The bounds were taken away.
            self._shedding.end()
            return
        what, limit, actual = worst
        part = actual / limit
        if part > 1 or (before and part > _FINE):
            # Once it sheds, it goes on until there is some room again.
            stage = Stage.ALMOST_ALL if part > _MUCH else Stage.LASTING
            self._shedding.begin(stage, what, limit, round(actual))
        else:
            self._shedding.end()
        if self._shedding.stage != before:
            self._tell(what, limit, round(actual))

    def _tell(self, what: str, limit: int, actual: int) -> None:
        stage = self._shedding.stage
        if not stage:
            _log.warning("nothing is refused any more: %s: %d, at most %d", what, actual, limit)
            return
        refused = "profiles and followed logs are" if stage is Stage.LASTING else "all but Stats is"
        _log.warning("%s refused: %s: %d, at most %d", refused, what, actual, limit)

    def _percent(self, spent: float) -> float:
        now = self._clock.monotonic()
        self._spent.append((now, spent))
        while now - self._spent[0][0] > _WINDOW:
            self._spent.popleft()
        since, before = self._spent[0]
        # Not before there is something to take a mean of.
        return 100 * (spent - before) / (now - since) if now - since >= _WINDOW / 2 else 0.0


def uptime() -> float:
    """Seconds since the process was started."""
    return time.time() - psutil.Process().create_time()
