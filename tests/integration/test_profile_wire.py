"""The Profile query over a real socket: callers that go away, that come second, that would not wait so long."""

from __future__ import annotations

import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from grpclib.server import Server

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import RemoteError
from corvo_agent.profiles.pacing.exclusive import THIS_PROCESS
from corvo_agent.profiles.pprof.reader import decode
from tests.profiles.spawn import running, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

CALLER = """
import asyncio, sys
from corvo_agent.diagnostics.client.client import DiagnosticsClient

async def main():
    print("ready", flush=True)
    async with DiagnosticsClient(sys.argv[1], timeout=100) as client:
        await client.debug("Profile", {"profile": "profile", "seconds": "90", "engine": sys.argv[2]})

asyncio.run(main())
"""


@pytest_asyncio.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Where the service of this process is served."""
    async with DiagnosticsService.with_defaults("pen-npm", "node1", log_file=str(tmp_path / "npm.log")) as service:
        server = Server([service])
        listening = socket.create_server(("127.0.0.1", 0))
        await server.start(sock=listening)
        host, port = listening.getsockname()
        try:
            yield f"{host}:{port}"
        finally:
            server.close()
            await server.wait_closed()


def taken() -> bool:
    """Whether a CPU profile of this process runs."""
    return THIS_PROCESS.taken


def samplers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.name() == "py-spy"]


@pytest.mark.parametrize("engine", ["builtin", "py-spy"])
async def test_a_caller_that_dies_ends_its_profile_and_makes_room(engine: str, address: str) -> None:
    with running(sys.executable, "-c", CALLER, address, engine):
        await until(taken)
        # It waits for its turn as long as it can: for a second, as its own would take nearly all of its time.
        async with DiagnosticsClient(address, timeout=4) as client:
            with pytest.raises(RemoteError, match="CPU profiles of one process at a time") as refused:
                await client.profile("profile", 60)
        assert refused.value.code == "RESOURCE_EXHAUSTED"
    # It has been killed.
    await until(lambda: not taken() and not samplers())
    async with DiagnosticsClient(address) as client:
        assert decode(await client.profile("profile", 0.1)).default_sample_type == "cpu"


async def test_what_the_caller_would_not_wait_for_is_refused_before_it_starts(address: str) -> None:
    async with DiagnosticsClient(address, timeout=20) as client:
        with pytest.raises(RemoteError, match="the caller waits for") as refused:
            await client.debug("Profile", {"profile": "profile", "seconds": "30"})
        assert refused.value.code == "INVALID_ARGUMENT"
        with pytest.raises(
            RemoteError, match="unknown profile, got 'symbol'; valid: allocs, block, cmdline"
        ) as unknown:
            await client.profile("symbol")
        assert unknown.value.code == "INVALID_ARGUMENT"
        assert (await client.profile("CmdLine")).split(b"\0")[0] == sys.orig_argv[0].encode()
