"""Programs of a storm: started, asked, measured and ended."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

CORVO = ("-m", "corvo_agent")
# The line that a program answers SIGUSR1 with, and how many tasks it says.
_TASKS = re.compile(r' state: \{.*"tasks": (\d+)')
# Lines of a program's own log that are kept.
_KEPT = 5_000


@dataclass(frozen=True)
class Size:
    """What a process holds: descriptors, threads, MiB of memory, and tasks, 0 where it was not asked."""

    files: int
    threads: int
    memory: float
    tasks: int = 0


class Program:
    """A running program; its own log is read as it comes."""

    def __init__(self, name: str, process: Process) -> None:
        self.name = name
        self.lines: deque[str] = deque(maxlen=_KEPT)
        self._process = process
        self._asking = asyncio.Lock()
        self._logged = asyncio.Event()
        # What it logged of its tasks when it was asked for its state.
        self._tasks = 0
        self._state = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stderr is not None
        while line := await self._process.stderr.readline():
            self.lines.append(line.decode(errors="replace").rstrip())
            self._logged.set()
            if told := _TASKS.search(self.lines[-1]):
                self._tasks = int(told[1])
                self._state.set()
        self._logged.set()

    async def logged(self, text: str) -> str:
        """The first line of its log, which may have come already, with ``text`` in it."""
        while True:
            self._logged.clear()
            for line in self.lines:
                if text in line:
                    return line
            assert not self._reading.done(), f"{self.name} ended: {list(self.lines)[-20:]}"
            await self._logged.wait()

    async def ask(self) -> dict[str, Any]:
        """What a service says of itself."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._asking:
            self._process.stdin.write(b"?\n")
            line = await self._process.stdout.readline()
        assert line, f"{self.name} ended: {list(self.lines)[-20:]}"
        said: dict[str, Any] = json.loads(line)
        return said

    def size(self, tasks: int = 0) -> Size:
        """What it holds now."""
        process = psutil.Process(self._process.pid)
        return Size(process.num_fds(), process.num_threads(), process.memory_info().rss / (1 << 20), tasks)

    async def tasks(self) -> int:
        """How many tasks a program of ``corvo`` says that it has."""
        async with self._asking:
            self._state.clear()
            self.signal(signal.SIGUSR1)
            await self._state.wait()
        return self._tasks

    def cpu_seconds(self) -> float:
        """Processor time that it has used."""
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    async def ended(self) -> int:
        """Wait for its end; its exit code."""
        return await self._process.wait()

    async def end(self) -> None:
        """Kill it, and wait for its end."""
        if self._process.returncode is None:
            self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()
        await self._reading


def program(name: str, *arguments: str, variables: Mapping[str, str] | None = None) -> Any:
    """A Python program with ``arguments``, and ``variables`` in its environment."""
    return program_of(name, sys.executable, *arguments, variables=variables)


@asynccontextmanager
async def program_of(name: str, *command: str, variables: Mapping[str, str] | None = None) -> AsyncIterator[Program]:
    """Any program, which is run by ``command``."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env={**os.environ, **(variables or {})}
    )
    running = Program(name, process)
    try:
        yield running
    finally:
        await running.end()


def service(name: str, urls: str, folder: Path, files: dict[str, str]) -> Any:
    """A service with an agent of the Module ``name``."""
    return program(name, "-m", "tests.faults.service", name, urls, str(folder), json.dumps(files))


def corvo(name: str, *arguments: str, variables: Mapping[str, str] | None = None) -> Any:
    """``corvo`` with ``arguments``."""
    return program(name, *CORVO, *arguments, variables=variables)
