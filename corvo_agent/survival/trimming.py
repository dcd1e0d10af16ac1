"""Memory that large answers leave behind is given back to the system: glibc keeps it for allocations to come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..clock import SYSTEM_CLOCK, Clock
from .load import measure

_EVERY = 2.0
# Bytes by which the process has to have grown: less is not worth the few milliseconds.
_GROWN = 24 << 20


def system_trim() -> Callable[[], object] | None:
    """glibc's malloc_trim(3); None where the C library has none."""
    # Late: most programs never grow so far.
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return None if trim is None else lambda: trim(0)


async def keep_trimmed(
    trim: Callable[[], object] | None = None,
    resident: Callable[[], int] = lambda: measure()[0],
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Trim, in a thread, each time that the process has grown by 24 MiB since the last time, until cancelled.

    Where the C library cannot, it returns when the process has grown.
    """
    least = resident()
    while True:
        await clock.sleep(_EVERY)
        now = resident()
        if now > least + _GROWN:
            trim = trim or system_trim()
            if trim is None:
                return
            await asyncio.to_thread(trim)
            now = least = resident()
        least = min(least, now)
