"""The fake clock moves only when told, and wakes sleepers in order."""

from __future__ import annotations

import asyncio

from corvo_agent.testing import FakeClock


async def test_sleepers_wake_in_the_order_of_their_times() -> None:
    clock = FakeClock()
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sleeper("late", 2))
        tasks.create_task(sleeper("early", 1))
        await clock.wait_sleeping(2)
        await clock.advance(1.5)
        assert woken == [("early", 1.0)]
        await clock.advance(1)
    assert woken == [("early", 1.0), ("late", 2.0)]
    assert clock.monotonic() == 2.5


async def test_wall_time_moves_with_it_and_a_cancelled_sleeper_is_gone() -> None:
    clock = FakeClock(time_ns=1_000_000_000)
    task = asyncio.ensure_future(clock.sleep(10))
    await clock.wait_sleeping()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert clock.sleeping == 0
    await clock.advance(2)
    assert clock.time_ns() == 3_000_000_000


async def test_no_time_at_all_only_gives_way() -> None:
    await FakeClock().sleep(0)
