"""How long the garbage collector stops every thread."""

from __future__ import annotations

import gc
import time
from typing import Any

from .histogram import Histogram


class GcPauses:
    """Pauses of the two older generations while it runs.

    Collections of the youngest one are bounded by their number of objects to some ten microseconds, and so frequent
    that measuring them would cost the host more than they do: they are only counted, by ``gc.get_stats``.
    """

    def __init__(self) -> None:
        self.pauses = Histogram()
        #: Seconds of all of them together.
        self.total = 0.0
        self._started = 0.0

    def __repr__(self) -> str:
        return f"<GcPauses {self.pauses!r}>"

    @property
    def running(self) -> bool:
        """Whether it measures."""
        return self._callback in gc.callbacks

    def start(self) -> None:
        """Measure; nothing happens when it does already."""
        if not self.running:
            gc.callbacks.append(self._callback)

    def stop(self) -> None:
        """Measure no more; what was measured stays."""
        if self.running:
            gc.callbacks.remove(self._callback)

    def _callback(self, phase: str, info: dict[str, Any]) -> None:
        # Called with every thread stopped, start and stop of one collection by the same thread.
        if info["generation"] == 0:
            return
        if phase == "start":
            self._started = time.perf_counter()
        elif self._started:
            pause = time.perf_counter() - self._started
            self.pauses.observe(pause)
            self.total += pause
            self._started = 0.0
