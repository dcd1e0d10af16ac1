"""Memory is given back once the process has grown, and not all the time."""

from __future__ import annotations

import asyncio
import contextlib

from corvo_agent.survival.trimming import keep_trimmed, system_trim
from corvo_agent.testing import FakeClock

MIB = 1 << 20


async def test_it_trims_when_the_process_has_grown() -> None:
    clock, sizes, trimmed = FakeClock(), iter([50, 60, 80, 70, 60, 85, 60, 60]), []
    work = asyncio.create_task(keep_trimmed(lambda: trimmed.append(True), lambda: next(sizes) * MIB, clock))
    try:
        # What it sees: 60 is no growth, 80 is trimmed to 70, 60 is less, 85 is trimmed to 60, 60 is no growth.
        for count in (0, 1, 1, 2, 2):
            await clock.wait_sleeping()
            await clock.advance(2.0)
            await clock.wait_sleeping()
            assert len(trimmed) == count
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


def test_the_system_can_or_cannot() -> None:
    trim = system_trim()
    if trim is not None:
        trim()
