"""``corvo stacks``: threads and tasks as a tree, deadlocks first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.build import build_agent
from corvo_agent.agent.settings import AgentSettings
from tests.cli.kit import corvo
from tests.profiles.spawn import load, until

NAME = "node1-pen-npm"


async def both(first: asyncio.Lock, second: asyncio.Lock, inside: asyncio.Barrier) -> None:
    async with first:
        await inside.wait()
        async with second:
            pass


async def take_one(queue: asyncio.Queue[None]) -> None:
    await queue.get()


async def collect(queue: asyncio.Queue[None]) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(take_one(queue), name=f"taker-{number}")


@asynccontextmanager
async def waiting_tasks() -> AsyncIterator[None]:
    """Two tasks in a deadlock, and one that waits for twelve others, which wait for a queue."""
    locks, inside, queue = (asyncio.Lock(), asyncio.Lock()), asyncio.Barrier(2), asyncio.Queue[None]()
    tasks = [
        asyncio.create_task(both(locks[0], locks[1], inside), name="left"),
        asyncio.create_task(both(locks[1], locks[0], inside), name="right"),
        asyncio.create_task(collect(queue), name="collector"),
    ]
    # asyncio's own list of those that wait at the lock.
    await until(lambda: all(getattr(lock, "_waiters", None) for lock in locks))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_deadlocks_come_first_and_tasks_stand_below_who_waits_for_them(agent: Agent) -> None:
    async with waiting_tasks():
        outcome = await corvo("stacks", NAME, "--address", agent.address)
    lines = outcome.out.splitlines()
    assert outcome.code == 0, outcome.err
    assert lines[0] in (
        "deadlock: left waits for right waits for left",
        "deadlock: right waits for left waits for right",
    )
    (collector,) = (
        number for number, line in enumerate(lines) if line.startswith("  collector  [waiting: task group]")
    )
    below = next(line for line in lines[collector:] if "> " in line)
    assert below.startswith(
        "    > 12 x taker-0, taker-1, taker-2, taker-3, taker-4 and 7 more  [waiting: queue get]  for Queue at "
    )
    assert any("test_stacks.take_one" in line and "test_stacks.py:" in line for line in lines[collector:])
    # Files of libraries from below their folder, those of the service whole.
    assert any(
        line.endswith(f"asyncio.queues.Queue.get  asyncio/queues.py:{line.rpartition(':')[2]}") for line in lines
    )


async def test_the_agent_s_own_tasks_are_shown_when_they_are_wanted(agent: Agent) -> None:
    hidden = await corvo("stacks", NAME, "-o", "json", "--address", agent.address)
    everything = await corvo("stacks", NAME, "-o", "json", "--all", "--address", agent.address)
    assert hidden.json["own"] > 0
    assert everything.json["own"] == 0
    assert len(everything.json["tasks"]) > len(hidden.json["tasks"])


async def test_the_frames_of_a_stack_are_bounded_and_the_rest_is_counted(agent: Agent) -> None:
    stop = threading.Event()

    def deep(left: int) -> None:
        if left:
            deep(left - 1)
        else:
            stop.wait()

    thread = threading.Thread(target=deep, args=(30,), name="deep")
    thread.start()
    try:
        outcome = await corvo("stacks", NAME, "--frames", "3", "--address", agent.address)
    finally:
        stop.set()
        thread.join()
    block = outcome.out.partition("  deep  ")[2].splitlines()
    assert len(block[1:4]) == 3
    assert block[4].strip().startswith("... 3")


async def test_a_sidecar_shows_the_threads_of_its_process() -> None:
    with load("idle", "3") as process:
        async with build_agent(AgentSettings(module="pen-npm", node="node1", pid=process.pid)) as agent:
            outcome = await corvo("stacks", NAME, "--address", agent.address)
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("5 threads\n")
    assert "3 x idle-0, idle-1, idle-2" in outcome.out
