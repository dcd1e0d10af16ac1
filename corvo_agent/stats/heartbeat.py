"""A timer on the event loop, once a second: how late it comes is how long the loop was busy with something else."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .histogram import Histogram

# Beats that the CPU share is averaged over: ten seconds at the usual interval.
_REMEMBERED = 10
#: Seconds that count as recent.
RECENT = 60.0
# Beats of that time that are kept, at the usual interval all.
_RECENT_BEATS = 60


@dataclass(frozen=True, slots=True)
class RecentLag:
    """How late ``count`` beats of the last ``RECENT`` seconds were: on average, and at most, in seconds."""

    count: int
    mean: float
    longest: float

    def as_json(self) -> dict[str, float]:
        """With milliseconds, as histograms have them."""
        longest, mean = round(self.longest * 1000, 3), round(self.mean * 1000, 3)
        return {"Seconds": RECENT, "Count": self.count, "MeanMs": mean, "MaxMs": longest}


class Heartbeat:
    """Measures lag and CPU share while it runs.

    ``lag``, since the start, sees every stall of the loop that lasts longer than ``interval`` (seconds), and of
    shorter ones the part that happens to fall on a beat: percentiles are right in the long run, a single short stall
    may be missed. One beat costs some ten microseconds, and what ``on_beat`` does with the lag and the loop. Belongs to
    the loop that it was started in.
    """

    def __init__(
        self, interval: float = 1.0, on_beat: Callable[[float, asyncio.AbstractEventLoop], object] | None = None
    ) -> None:
        self.lag = Histogram()
        self._on_beat = on_beat
        self._interval = interval
        self._handle: asyncio.TimerHandle | None = None
        self._due = 0.0
        # (monotonic time, CPU time) in seconds, one for each beat; read from any thread.
        self._samples: deque[tuple[float, float]] = deque([processor_time()], _REMEMBERED)
        # (monotonic time, lag) of the last beats, and the monotonic time of the one that is due.
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT_BEATS)
        self._next = 0.0

    def __repr__(self) -> str:
        return f"<Heartbeat {'running' if self.running else 'stopped'}, {self.lag!r}>"

    @property
    def running(self) -> bool:
        """Whether it beats."""
        return self._handle is not None

    def start(self) -> None:
        """Beat on the running loop; nothing happens when it does already."""
        if self._handle is None:
            self._samples.append(processor_time())
            self._schedule(asyncio.get_running_loop())

    def stop(self) -> None:
        """Beat no more; what was measured stays."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    @property
    def remembered(self) -> tuple[float, float]:
        """Of the oldest beat that is known: its monotonic time, and the processor seconds by then. For any thread."""
        return self._samples[0]

    def recent(self) -> RecentLag:
        """The lag of the last minute; what the loop is late right now counts, too. For any thread."""
        now = time.monotonic()
        # One step: a beat may come meanwhile.
        lags = [lag for moment, lag in tuple(self._recent) if now - moment <= RECENT]
        if self.running and (late := now - self._next) > self._interval:
            lags.append(late)
        return RecentLag(len(lags), sum(lags) / len(lags) if lags else 0.0, max(lags, default=0.0))

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = loop.time() + self._interval
        self._next = time.monotonic() + self._interval
        self._handle = loop.call_at(self._due, self._beat, loop)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        lag = loop.time() - self._due
        self.lag.observe(lag)
        self._samples.append(processor_time())
        self._recent.append((self._samples[-1][0], lag))
        if self._on_beat is not None:
            self._on_beat(lag, loop)
        self._schedule(loop)


def processor_time() -> tuple[float, float]:
    """Now (monotonic), and the processor seconds that this process used so far."""
    return time.monotonic(), time.process_time()
