"""Ctrl-C ends a command at once whose output blocks: nobody reads the pipe, or the terminal was paused."""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import pty
import signal
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.cli.failures import CTRL_C
from tests.cli.terminal import CORVO

LINE = '{"level":"info","ts":"2026-11-23T04:02:05Z","msg":"%s"}\n' % ("x" * 200)


def write(log_file: Path, text: str) -> None:
    log_file.write_text(text)


def started(asked: tuple[str, ...], output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*CORVO, *asked], stdout=output, stderr=subprocess.PIPE)


def waiting(reader: int) -> int:
    """Bytes that can be read."""
    count = array.array("i", [0])
    fcntl.ioctl(reader, termios.FIONREAD, count)
    return count[0]


async def is_full(reader: int) -> None:
    """Wait until what nobody reads takes nothing more: its size has stayed the same for a while."""
    seen, same = 0, 0
    while same < 20:
        await asyncio.sleep(0.05)
        now = waiting(reader)
        same = same + 1 if now and now == seen else 0
        seen = now


@pytest.mark.parametrize("opened", [os.pipe, pty.openpty], ids=["pipe", "terminal"])
@pytest.mark.parametrize("follow", [(), ("-f",)], ids=["newest", "followed"])
async def test_ctrl_c_ends_a_command_whose_output_blocks(
    agent: Agent, log_file: Path, opened: Callable[[], tuple[int, int]], follow: tuple[str, ...]
) -> None:
    write(log_file, LINE * 3000)
    reader, writer = opened()
    try:
        asked = ("logs", agent.name, "-n", "3000", "--address", agent.address, *follow)
        with started(asked, writer) as process:
            try:
                await is_full(reader)
                process.send_signal(signal.SIGINT)
                _, errors = await asyncio.to_thread(process.communicate, timeout=60)
            finally:
                process.kill()
        assert (process.returncode, errors.strip()) == (CTRL_C, b"")
    finally:
        os.close(reader)
        os.close(writer)


async def test_ctrl_c_of_a_follower_that_waits_ends_it_too(agent: Agent) -> None:
    asked = ("logs", agent.name, "-f", "--address", agent.address)
    with started(asked, subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert await asyncio.to_thread(process.stdout.readline)
            process.send_signal(signal.SIGINT)
            _, errors = await asyncio.to_thread(process.communicate, timeout=60)
        finally:
            process.kill()
    assert (process.returncode, errors.strip()) == (CTRL_C, b"")
