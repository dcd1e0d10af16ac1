"""Ctrl-C once cancels a command, twice ends it whatever it waits for; neither leaves a trace on standard error."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from corvo_agent.cli.failures import CTRL_C
from tests.cli.terminal import on_terminal

# Asked to end, it says so and goes on waiting, as for a connection that does not close.
STUBBORN = """
import asyncio, sys
from corvo_agent.cli.failures import report
from corvo_agent.cli.running import asynchronous

@asynchronous
async def command():
    print("waiting", flush=True)
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            print("cancelled", flush=True)
            if {gives_way}:
                raise

try:
    command()
except BaseException as error:
    sys.exit(report(error))
"""
QUESTION = """
import sys
from corvo_agent.cli.confirm import confirm
from corvo_agent.cli.failures import report
from corvo_agent.cli.running import asynchronous

@asynchronous
async def command():
    confirm("Change", ["n1-a", "n2-a"], yes=False)

try:
    command()
except BaseException as error:
    sys.exit(report(error))
"""


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_cancels_and_again_ends_what_does_not_give_way(times: int) -> None:
    script = STUBBORN.format(gives_way=times == 1)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            for said in ("waiting\n", "cancelled\n")[:times]:
                assert process.stdout.readline() == said
                process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, errors) == (CTRL_C, "")


async def test_ctrl_c_at_a_question_is_a_no() -> None:
    with on_terminal(program=(sys.executable, "-c", QUESTION)) as terminal:
        await terminal.wait_for("Change 2 modules? [y/N]:")
        terminal.press(b"\x03")
        assert await terminal.ended() == CTRL_C
    assert "Traceback" not in terminal.text
