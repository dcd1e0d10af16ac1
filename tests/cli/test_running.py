"""A coroutine function as a command, and a reader that has seen enough."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from corvo_agent.cli.running import asynchronous


def test_it_runs_to_its_end_and_gives_what_it_returns() -> None:
    @asynchronous
    async def command(name: str, *, times: int) -> int:
        """Counted."""
        await asyncio.sleep(0)
        return len(name) * times

    assert command("abc", times=2) == 6
    assert (command.__name__, command.__doc__) == ("command", "Counted.")


def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    script = """
import sys
from corvo_agent.cli.running import asynchronous

@asynchronous
async def command():
    while True:
        print("line " * 100, flush=True)

sys.exit(command())
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert (process.wait(60), process.stderr.read()) == (0, "")
