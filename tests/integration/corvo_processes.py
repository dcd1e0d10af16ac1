"""The program in processes of its own: agents, gateways, and commands that go on until they are ended."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson

CORVO = (sys.executable, "-m", "corvo_agent")


class AgentProcess:
    """A running ``corvo agent``, whose own log is read as it comes."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.address = ""

    async def logged(self, text: str) -> dict[str, str]:
        """The next line of its own log with ``text`` in it."""
        assert self.process.stderr is not None
        while True:
            line = await self.process.stderr.readline()
            assert line, f"it ended without {text}"
            if text.encode() in line:
                found: dict[str, str] = orjson.loads(line)
                return found


@asynccontextmanager
async def agent_process(
    settings: dict[str, str], *arguments: str, inside: tuple[str, ...] = ()
) -> AsyncIterator[AgentProcess]:
    """A running agent; ``inside`` is a program, with its arguments, that runs it somewhere else."""
    program = (*inside, *CORVO, "agent", *arguments)
    process = await asyncio.create_subprocess_exec(*program, stderr=PIPE, stdout=PIPE, env=settings)
    try:
        agent = AgentProcess(process)
        agent.address = (await agent.logged("answers at"))["address"]
        yield agent
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def gateway_process(etcd: str, listen: str = "127.0.0.1:0") -> AsyncIterator[tuple[Process, str]]:
    """A running ``corvo gateway``, and its URL. It may be ended earlier."""
    process = await asyncio.create_subprocess_exec(
        *(*CORVO, "gateway", "--etcd", etcd, "--listen", listen), stderr=PIPE, stdout=PIPE
    )
    try:
        assert process.stderr is not None
        while not (line := (await process.stderr.readline()).decode()).startswith("serving "):
            assert line, "it ended"
        yield process, line.split()[1].rstrip(",")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def corvo_process(*arguments: str, environment: dict[str, str] | None = None) -> AsyncIterator[Process]:
    """A command that goes on; it is ended when this is left."""
    process = await asyncio.create_subprocess_exec(*CORVO, *arguments, stdout=PIPE, stderr=PIPE, env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
