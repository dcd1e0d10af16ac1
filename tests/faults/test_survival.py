"""Programs in trouble: they say how they are, do less when they take too much, and go on when it is over."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.errors import CorvoError, DeadlineExceeded, RemoteError, Unavailable

from .programs import Program, corvo, program

NO_ETCD = ("--etcd", "http://127.0.0.1:1")


@contextmanager
def manager(path: str) -> Iterator[socket.socket]:
    """The socket of a service manager at ``path``, "@" for the abstract namespace."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path.replace("@", "\0", 1))
        listening.setblocking(False)
        yield listening


async def told(listening: socket.socket, text: str) -> str:
    """The next datagram with ``text`` in it."""
    while True:
        found = (await asyncio.get_running_loop().sock_recv(listening, 4096)).decode()
        if text in found:
            return found


async def silent(listening: socket.socket) -> None:
    """Return once nothing has come for a while."""
    try:
        while True:
            async with asyncio.timeout(0.5):
                await told(listening, "")
    except TimeoutError:
        return


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text('{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"hello"}\n')
    return path


def agent_words(log: Path, *more: str) -> tuple[str, ...]:
    """A sidecar that says where it answers."""
    return ("agent", "--module", "pen-npm", "--node", "node1", "--log-file", str(log), *more)


@asynccontextmanager
async def agent(log: Path, *more: str) -> AsyncIterator[tuple[Program, str]]:
    async with corvo("agent", *agent_words(log, *more)) as running:
        line = json.loads(await running.logged("answers at"))
        yield running, line["address"]


async def test_each_program_tells_its_service_manager_and_logs_its_state(tmp_path: Path, log: Path) -> None:
    modules = tmp_path / "modules.toml"
    modules.write_text("")
    programs = {
        "agent": agent_words(log),
        "gateway": ("gateway", "--listen", "127.0.0.1:0", *NO_ETCD),
        "writer": ("writer", "--source", f"file:{modules}", *NO_ETCD),
    }

    async def follow(name: str, words: tuple[str, ...], path: str) -> None:
        with manager(path) as listening:
            variables = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "300000"}
            async with corvo(name, *words, variables=variables) as running:
                assert "STATUS=" in await told(listening, "READY=1")
                await told(listening, "WATCHDOG=1")
                running.signal(signal.SIGUSR1)
                state = await running.logged("state: ")
                assert "shedding" in state
                assert "descriptors" in state
                await running.logged("state of tasks: ")
                await running.logged("state of thread MainThread: ")
                # A loop that does not turn is silent, and the manager would restart it.
                running.signal(signal.SIGSTOP)
                await silent(listening)
                running.signal(signal.SIGCONT)
                await told(listening, "WATCHDOG=1")
                running.signal(signal.SIGTERM)
                await told(listening, "STOPPING=1")
                assert await running.ended() == 0

    paths = ("@corvo-test-manager-" + tmp_path.name, str(tmp_path / "one"), str(tmp_path / "two"))
    await asyncio.gather(
        *(follow(name, words, path) for (name, words), path in zip(programs.items(), paths, strict=True))
    )


async def test_an_agent_that_takes_too_much_answers_stats_and_says_so(log: Path) -> None:
    async with agent(log, "--max-memory", "1000") as (running, address), DiagnosticsClient(address) as client:
        await running.logged("refused")
        for query in ("Profile", "Log"):
            with pytest.raises(RemoteError, match="shedding load, ask again later") as raised:
                await client.debug(query, {"profile": "goroutine"})
            assert raised.value.code == "RESOURCE_EXHAUSTED"
        with pytest.raises(RemoteError, match="shedding load"):
            await anext(client.follow({"lines": "1"}))
        found = (await client.stats())["shedding"]
        assert found["Stage"] == "almost-all"
        assert found["Refused"] == 3
        assert "bytes of memory of the process" in found["Reason"]


async def test_a_gateway_that_takes_too_much_lists_and_says_so(log: Path) -> None:
    words = ("gateway", "--listen", "127.0.0.1:0", "--max-memory", "1000", *NO_ETCD)
    async with corvo("gateway", *words) as running, aiohttp.ClientSession() as session:
        url = (await running.logged("serving")).split()[-1]
        await running.logged("refused")
        async with session.get(f"{url}/metrics") as response:
            assert "corvo_gateway_shedding 2.0" in await response.text()
        async with session.get(f"{url}/healthz") as response:
            assert response.status == 200


async def test_an_agent_without_disk_and_descriptors_goes_on(log: Path) -> None:
    # Where nothing can be written: what an audit is told is in the program's log then.
    async with agent(log, "--audit-file", "/dev/full") as (running, address), AsyncExitStack() as stack:
        client = await stack.enter_async_context(DiagnosticsClient(address))
        assert (await client.logs({"lines": "1"}))[0]["msg"] == "hello"
        await running.logged("the audit file cannot be written")
        # As many descriptors as it has now, and no more.
        limits = resource.prlimit(running.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, (running.size().files, limits[1]))
        other = await stack.enter_async_context(DiagnosticsClient(address, connect_timeout=60.0))
        # A new caller cannot be told from others, and is not remembered as one that may not.
        for each in (other, client):
            with pytest.raises(CorvoError):
                await each.logs({"lines": "1"}, timeout=1.0)
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, limits)
        assert (await client.logs({"lines": "1"}))[0]["msg"] == "hello"
        assert "cmdline" in await other.stats()


async def said(running: Program) -> str:
    """The next line that a host prints."""
    assert running._process.stdout is not None
    return (await running._process.stdout.readline()).decode().strip()


def say(running: Program, text: str) -> None:
    """A line for a host."""
    assert running._process.stdin is not None
    running._process.stdin.write(text.encode())


async def test_a_host_that_is_stuck_answers_later_and_one_that_ends_lets_its_callers_go(log: Path) -> None:
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(program("host", "-m", "tests.faults.host", str(log)))
        client = await stack.enter_async_context(DiagnosticsClient(await said(running)))
        # It is connected from now on: the call below has time for its answer only.
        assert "cmdline" in await client.stats()
        say(running, "stop\n")
        assert await said(running) == "stuck"
        with pytest.raises(DeadlineExceeded):
            await client.debug("Stats", timeout=0.2)
        say(running, "go on\n")
        assert await said(running) == "free"
        assert "cmdline" in await client.stats()
        asking: asyncio.Task[Any] = asyncio.create_task(client.run_action("wait", {}, timeout=60.0))
        assert await said(running) == "waiting"
        assert running._process.stdin is not None
        running._process.stdin.close()
        with pytest.raises((Unavailable, RemoteError)):
            await asking
        assert await running.ended() == 0
