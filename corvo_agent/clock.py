"""Time as an argument: code that waits or reads the time takes a Clock, so that tests step it by hand."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = (
    "SYSTEM_CLOCK",
    "Clock",
    "SystemClock",
)


class Clock(Protocol):
    """Wall time, monotonic time and waiting: ``SystemClock`` in production, ``testing.FakeClock`` in tests."""

    def time_ns(self) -> int:
        """Wall time in nanoseconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; may be cancelled at any time."""
        ...


class SystemClock:
    """The machine's clock: ``time.time_ns``, ``time.monotonic`` and ``asyncio.sleep``."""

    def time_ns(self) -> int:
        """Wall time in nanoseconds since the epoch."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait; may be cancelled at any time."""
        # Late: some only ask what time it is.
        import asyncio

        await asyncio.sleep(seconds)


#: The clock that is used where no other one is given; it has no state.
SYSTEM_CLOCK = SystemClock()
