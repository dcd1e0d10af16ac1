"""The time that all agents of a store agree on: that of the store, as far as it is known."""

from __future__ import annotations

from ..clock import Clock
from .store import ModuleStore


class StoreClock:
    """A ``Clock`` with the wall time of ``store``, and with that of ``clock`` where the store tells none."""

    def __init__(self, clock: Clock, store: ModuleStore | None) -> None:
        self._clock = clock
        self._store = store

    def time_ns(self) -> int:
        """Wall time of the store in nanoseconds since the epoch."""
        difference = None if self._store is None else self._store.clock_difference()
        return self._clock.time_ns() + (0 if difference is None else round(difference.correction * 1e9))

    def doubt(self) -> float:
        """Seconds by which ``time_ns`` may be wrong; 0 for a store without a clock of its own."""
        difference = None if self._store is None else self._store.clock_difference()
        return 0.0 if difference is None else difference.doubt

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait; may be cancelled at any time."""
        await self._clock.sleep(seconds)
