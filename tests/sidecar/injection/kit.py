"""A process that was not prepared, with an agent inside or without, and what it says of itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.sidecar.injection.inside import InsideAgent
from corvo_agent.sidecar.injection.meeting_place import MeetingPlace
from corvo_agent.sidecar.injection.sources import script
from tests.profiles.spawn import running

PROGRAM = Path(__file__).with_name("program.py")


def python_with_protocol() -> str:
    """A Python 3.14 of this machine; skips the test where there is none."""
    beside = sorted(Path(sys.base_prefix).parent.glob("3.14*/bin/python3"))
    own = sys.executable if sys.version_info[:2] == (3, 14) else ""
    found = own or shutil.which("python3.14") or next(map(str, beside), "")
    if not found:
        pytest.skip("there is no Python 3.14 here")
    return found


@contextlib.contextmanager
def unprepared(python: str = sys.executable) -> Iterator[subprocess.Popen[bytes]]:
    """The program, in a Python that does not find this package."""
    with running(python, "-I", str(PROGRAM)) as process:
        yield process


def state_of(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Threads, descriptors, modules, levels and tracing, by the process itself."""
    tell(process, "state")
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def tell(process: subprocess.Popen[bytes], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())
    process.stdin.flush()


@contextlib.asynccontextmanager
async def agent_inside(process: subprocess.Popen[bytes]) -> AsyncIterator[InsideAgent]:
    """An agent in it, whatever its version: it runs the script by its own will."""
    agent = InsideAgent(process.pid)
    with MeetingPlace(process.pid) as place:
        place.write_script(script(place.socket_path))
        tell(process, f"run {place.script_path}")
        connection, _ = await asyncio.get_running_loop().sock_accept(place.listener)
        assert place.is_expected(connection)
    try:
        await agent.open(connection)
        yield agent
    finally:
        await agent.aclose()
