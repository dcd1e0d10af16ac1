"""What users test with: the fake clock moves only when told, and an agent runs on a store in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

from corvo_agent import Agent, DiagnosticsClient, Level
from corvo_agent.levels import LevelState
from corvo_agent.modules import key_of
from corvo_agent.testing import FakeClock, MemoryStore


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


async def test_an_agent_on_a_store_in_memory_follows_its_level_and_answers(tmp_path: Path) -> None:
    store, log_file = MemoryStore(), tmp_path / "billing.log"
    log_file.write_text('{"level":"info","msg":"paid"}\n')
    applied: asyncio.Queue[LevelState] = asyncio.Queue()
    async with (
        Agent("billing", node="node1", store=store, log_file=str(log_file), apply_level=applied.put_nowait) as agent,
        DiagnosticsClient(agent.address) as client,
    ):
        await store.put(key_of("node1-billing"), b'{"spec":{"log-level":"Debug"}}')
        while (await applied.get()).level is not Level.DEBUG:
            pass
        assert [record["msg"] for record in await client.logs(lines=1)] == ["paid"]
