"""Memory is given back once the process has grown, and not all the time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

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


class Memory:
    """``used`` MiB of a process whose C library keeps all that it ever had, until it is trimmed."""

    def __init__(self, used: int) -> None:
        self.used = self.kept = used
        self.trims = 0

    def resident(self) -> int:
        self.kept = max(self.kept, self.used)
        return self.kept * MIB

    def trim(self) -> None:
        self.kept = self.used
        self.trims += 1


@contextlib.asynccontextmanager
async def trimmed(memory: Memory) -> AsyncIterator[FakeClock]:
    """``memory`` is kept trimmed in here, by the clock."""
    clock = FakeClock()
    work = asyncio.create_task(keep_trimmed(memory.trim, memory.resident, clock))
    await clock.wait_sleeping()
    yield clock
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


async def turn(clock: FakeClock, seconds: int) -> None:
    """Let it look at the memory as often as in so many seconds."""
    for _ in range(seconds // 2):
        await clock.advance(2.0)
        await clock.wait_sleeping()


async def test_what_was_in_use_when_it_trimmed_is_given_back_later() -> None:
    memory = Memory(50)
    async with trimmed(memory) as clock:
        memory.used = 100
        await turn(clock, 20)
        assert (memory.trims, memory.kept) == (3, 100)
        memory.used = 55
        await turn(clock, 20)
        assert (memory.trims, memory.kept) == (4, 55)
        # At rest nothing is trimmed.
        await turn(clock, 600)
        assert memory.trims == 4


async def test_what_a_process_needs_is_not_trimmed_for_ever() -> None:
    memory = Memory(50)
    async with trimmed(memory) as clock:
        memory.used = 100
        await turn(clock, 600)
        assert (memory.trims, memory.kept) == (8, 100)
        memory.used = 130
        await turn(clock, 2)
        memory.used = 100
        await turn(clock, 10)
        assert (memory.trims, memory.kept) == (10, 100)


def test_the_system_can_or_cannot() -> None:
    trim = system_trim()
    if trim is not None:
        trim()
