"""Tasks counted by what they are doing."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.stats import tasks as module
from corvo_agent.stats.tasks import task_states


async def test_running_ready_and_waiting_tasks_are_told_apart() -> None:
    loop = asyncio.get_running_loop()
    gate = asyncio.Event()
    waiting = [asyncio.create_task(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    ready = asyncio.create_task(gate.wait())
    assert task_states(loop) == {"total": 5, "ready": 1, "running": 1, "waiting": 3}
    assert (await asyncio.to_thread(task_states, loop))["total"] == 5
    gate.set()
    await asyncio.gather(*waiting, ready)


async def test_more_tasks_than_are_looked_at_are_counted_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TASKS", 2)
    gate = asyncio.Event()
    tasks = [asyncio.create_task(gate.wait()) for _ in range(4)]
    states = task_states(asyncio.get_running_loop())
    assert (states["total"], states["not looked at"]) == (5, 3)
    gate.set()
    await asyncio.gather(*tasks)


def test_without_a_loop_there_are_no_tasks() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    assert task_states(None) == task_states(loop) == {"total": 0}
