"""Memory that large answers leave behind is given back to the system: glibc keeps it for allocations to come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..clock import SYSTEM_CLOCK, Clock
from .load import measure

_EVERY = 2.0
# Bytes by which the process has to have grown: less is not worth the few milliseconds.
_GROWN = 24 << 20
# Seconds: what is still in use after so long a pause is what the process needs.
_LONGEST = 256.0


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
    """Trim, in a thread, when the process has grown by 24 MiB since the last time, until cancelled.

    What is in use at that moment is given up later: it trims again after 4 s, 8 s and so on, until most has been given
    back, or four minutes brought nothing. Where the C library cannot, it returns when the process has grown.
    """
    least = tried = resident()
    pause, due = _EVERY, 0.0
    while True:
        await clock.sleep(_EVERY)
        now = resident()
        more = now > tried + _GROWN
        if more or (now > least + _GROWN and clock.monotonic() >= due):
            trim = trim or system_trim()
            if trim is None:
                return
            await asyncio.to_thread(trim)
            now = tried = resident()
            pause = 2 * (_EVERY if more else pause)
            due = clock.monotonic() + pause
        if pause > _LONGEST:
            least = now
        if now <= least + _GROWN:
            least, tried, pause, due = min(least, now), now, _EVERY, 0.0
