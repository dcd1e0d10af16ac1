"""A host that an agent lives in: says where it answers, gets stuck when told to, ends when told to.

It prints the agent's address. A line of its input has it block its loop until the next line; the end of its input ends
it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from corvo_agent.agent.agent import Agent


def say(text: str) -> None:
    """A line for the test."""
    os.write(1, f"{text}\n".encode())


async def wait_for_ever(_: object) -> str:
    """An action that does not end."""
    say("waiting")
    await asyncio.Event().wait()
    return ""


async def main(log: Path) -> None:
    """Serve until the input ends."""
    agent = Agent("host", node="node1", log_file=str(log))
    agent.service.register_action("wait", wait_for_ever)
    async with agent:
        say(agent.address)
        while await asyncio.to_thread(sys.stdin.readline):
            say("stuck")
            # Not in a thread: that is what it is for.
            sys.stdin.readline()
            say("free")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
