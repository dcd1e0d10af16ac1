"""``corvo blocked``: who holds the loop, and who waits for what."""

from __future__ import annotations

import asyncio
import time

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.build import build_agent
from corvo_agent.agent.settings import AgentSettings
from tests.cli.kit import corvo
from tests.profiles.spawn import load

NAME = "node1-pen-npm"


def compute() -> None:
    time.sleep(0.12)


async def hold_the_loop() -> None:
    while True:
        await asyncio.sleep(0)
        compute()


async def wait_for(event: asyncio.Event) -> None:
    await event.wait()


async def test_the_line_that_holds_the_loop_comes_first(agent: Agent) -> None:
    event = asyncio.Event()
    tasks = [asyncio.create_task(wait_for(event), name=f"waiter-{number}") for number in range(3)]
    tasks.append(asyncio.create_task(hold_the_loop(), name="holder"))
    try:
        outcome = await corvo("blocked", NAME, "--seconds", "1", "--address", agent.address)
        listed = await corvo("blocked", NAME, "--seconds", "0.5", "-o", "json", "--address", agent.address)
    finally:
        for task in tasks:
            task.cancel()
    lines = outcome.out.splitlines()
    assert outcome.code == 0, outcome.err
    assert lines[0].startswith("the event loop of MainThread did not turn for ")
    assert "  holder  [event loop stalled]" in lines[1]
    assert "test_blocked.compute" in lines[2]
    assert "tasks that waited" in lines
    assert any("waits  waiter-0, waiter-1, waiter-2  [waiting: event]" in line for line in lines)
    assert listed.json["stalls"][0]["tasks"] == ["holder"]
    assert any(each["state"] == "waiting: event" for each in listed.json["waits"])


async def test_a_loop_that_turns_is_said_to(agent: Agent) -> None:
    outcome = await corvo("blocked", NAME, "--seconds", "0.2", "--address", agent.address)
    assert outcome.code == 0
    # On a crowded machine even an idle loop may be late.
    assert outcome.out.startswith(("no event loop stalled in 0.", "the event loop of "))


async def test_beside_a_foreign_process_it_says_what_is_missing() -> None:
    with load("idle") as process:
        async with build_agent(AgentSettings(module="pen-npm", node="node1", pid=process.pid)) as agent:
            outcome = await corvo("blocked", NAME, "--address", agent.address)
    assert outcome.code == 1
    assert "it has to be taken from inside the process" in outcome.err
