"""The demo does its job as a person would run it, and leaves nothing behind however it ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from corvo_agent.demo.check import check
from corvo_agent.demo.world import NAME, DemoWorld

pytestmark = pytest.mark.integration


def folders(temporary: Path) -> list[str]:
    return sorted(path.name for path in temporary.iterdir())


@asynccontextmanager
async def demo(temporary: Path, *options: str) -> AsyncIterator[Process]:
    """``corvo demo`` with its temporary files below ``temporary``."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "corvo_agent", "demo", *options),
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def introduction(process: Process) -> str:
    """What it prints until it waits for Ctrl-C."""
    assert process.stdout is not None
    lines = []
    while not lines or not lines[-1].startswith("Ctrl-C"):
        lines.append((await process.stdout.readline()).decode())
        assert lines[-1], "it ended"
    return "".join(lines)


async def gone(processes: list[psutil.Process]) -> None:
    """Wait until every one of them has ended."""
    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, 15)
    assert alive == []


async def test_check_drives_it_and_says_what_held(tmp_path: Path) -> None:
    async with demo(tmp_path, "--check") as process:
        out, err = await process.communicate()
    assert (process.returncode, err.decode().count("FAILED")) == (0, 0), err.decode()
    rows = [line.split("\t") for line in out.decode().splitlines()]
    assert rows[0] == ["WHAT", "HELD", "SEEN"]
    assert {row[1] for row in rows[1:]} == {"yes"}
    assert "level by etcdctl" in [row[0] for row in rows]
    assert folders(tmp_path) == []


async def test_its_commands_work_as_printed_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    async with demo(tmp_path) as process:
        text = await introduction(process)
        put = re.search(r"^  (ETCDCTL_API=3 .* put .*)$", text, re.MULTILINE)
        assert put is not None
        shell = await asyncio.create_subprocess_shell(put[1], stdout=PIPE)
        assert (await shell.communicate())[0] == b"OK\n"
        etcd = re.search(r"CORVO_ETCD=(\S+)", text)
        assert etcd is not None
        command = (sys.executable, "-m", "corvo_agent", "level", NAME, "--etcd", etcd[1])
        level = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
        assert (await level.communicate())[0].decode() == f"{NAME}: Debug (log-level)\n"
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    await gone(children)
    assert folders(tmp_path) == []


async def test_killed_in_the_middle_it_leaves_nothing_either(tmp_path: Path) -> None:
    async with demo(tmp_path) as process:
        await introduction(process)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        await process.wait()
    await gone(children)
    assert folders(tmp_path) == []


async def test_what_does_not_hold_is_said_and_the_rest_is_tried_all_the_same() -> None:
    async with DemoWorld() as world:
        await world.agent.aclose()
        findings = [finding async for finding in check(world, patience=0.7)]
    held = {finding.what: finding.held for finding in findings}
    assert not held["logs over gRPC"]
    assert not held["stats over gRPC"]
    assert not held["level by a put"]
    assert len(held) == 7
