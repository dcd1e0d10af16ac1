"""The system's clock is what the standard library says; code that takes a Clock takes the fake one too."""

from __future__ import annotations

import asyncio
import time

import pytest

from corvo_agent.clock import SYSTEM_CLOCK, Clock, SystemClock
from corvo_agent.testing import FakeClock


def test_it_reads_the_machines_clocks() -> None:
    before = time.time_ns(), time.monotonic()
    now = SYSTEM_CLOCK.time_ns(), SYSTEM_CLOCK.monotonic()
    after = time.time_ns(), time.monotonic()
    assert before[0] <= now[0] <= after[0]
    assert before[1] <= now[1] <= after[1]


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()], ids=["system", "fake"])
async def test_a_sleep_lets_others_run_and_ends_when_it_is_cancelled(clock: Clock) -> None:
    others = asyncio.create_task(asyncio.sleep(0))
    await clock.sleep(0)
    await others
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
