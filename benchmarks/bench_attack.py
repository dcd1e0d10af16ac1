"""What attackers do to those beside them: a host's latency, memory of agent and gateway, and how long others wait.

The host turns 60 times a second in this process, with ``corvo agent`` as its sidecar (see ``attacked_host``).
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import free_ports
from corvo_agent.errors import CorvoError
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.names import API_PATH, key_of
from tests.etcd_cluster import EtcdCluster
from tests.gateway.modules import module

from .attacked_host import begun, host_latency
from .attackers import LINES
from .gateway_servers import child, gateway_program, name_of
from .report import Row, publish

MIB = 1 << 20
# Bytes of the unpacked history that is searched, and of one line.
BOMB = 768 * MIB
# The program that answers, once it serves.
_SECONDS = 60.0
C1_CALLERS, C1_LINES, C1_SECONDS, C1_AGENTS = 60, 33_000, 12.0, 4


def make_log(folder: Path) -> Path:
    """A log of LINES lines, and a history that unpacks to BOMB bytes."""
    line = json.dumps({"level": "info", "ts": "2026-01-01T00:00:00Z", "msg": "m" * 100}).encode() + b"\n"
    log = folder / "app.log"
    log.write_bytes(line * LINES)
    with gzip.open(folder / "app.log.1.gz", "wb", compresslevel=1) as file:
        for _ in range(BOMB // (len(line) * 10_000)):
            file.write(line * 10_000)
    return log


@contextlib.asynccontextmanager
async def agent_program(log: Path) -> AsyncIterator[tuple[str, psutil.Process]]:
    """``corvo agent`` without etcd, once it answers."""
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    words = ("agent", "--module", "bench", "--log-file", str(log), "--listen", address)
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "corvo_agent", *words, stderr=quiet)
    try:
        await answered(address, "Log")
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def attack(kind: str, address: str) -> AsyncIterator[psutil.Process]:
    """Attackers of ``kind``, once they have begun: their process."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.attackers", kind, address)
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    try:
        await begun(process)
        yield psutil.Process(process.pid)
    finally:
        process.stdin.close()
        await process.wait()


async def answered(address: str, query: str) -> float:
    """Seconds until a new caller has its answer to ``query``, however often it has to ask."""
    began = time.perf_counter()
    while time.perf_counter() < began + _SECONDS:
        async with DiagnosticsClient(address) as client:
            with contextlib.suppress(CorvoError):
                await client.debug(query, {"lines": "10"} if query == "Log" else {"expvar": "cmdline"})
                return time.perf_counter() - began
        await asyncio.sleep(0.01)
    return float("inf")


async def peak_while(process: psutil.Process, seconds: float) -> float:
    """The most MiB that a process holds within ``seconds`` from now."""
    peak, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        peak = max(peak, process.memory_info().rss / MIB)
        await asyncio.sleep(0.02)
    return peak


async def others_wait(log: Path) -> list[Row]:
    """How long one more caller waits while 16 others are busy, and what that costs the agent."""
    rows: list[Row] = []
    for kind in ("unread", "greps"):
        async with agent_program(log) as (address, process):
            idle = process.memory_info().rss / MIB
            async with attack(kind, address):
                watching = asyncio.create_task(peak_while(process, 10.0))
                for query in ("Stats", "Log"):
                    seconds = await answered(address, query)
                    rows.append(row(f"16 {kind}: another's {query}, s", seconds, 2.0))
                grown = await watching - idle
            if kind == "unread":
                rows.append(row(f"16 unread answers of {LINES} lines: agent, MiB over idle", grown, 64.0))
    return rows


def row(what: str, value: float, goal: float) -> Row:
    """A value that is to be at most ``goal``."""
    return {"what": what, "value": round(value, 3), "goal": goal, "held": value <= goal}


async def ask_and_leave(url: str, name: str) -> socket.socket:
    """A request for a long log, of whose answer nothing is read."""
    host, _, port = url.rpartition("//")[2].rpartition(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, (host, int(port)))
    body = json.dumps({"query": "Log", "parameters": {"lines": str(C1_LINES)}}).encode()
    head = f"POST {API_PATH}/modules/{name}/Debug?timeout=60s HTTP/1.1\r\nHost: localhost\r\n"
    await loop.sock_sendall(client, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return client


async def gateway_memory() -> list[Row]:
    """What 60 callers that never read 11 MB cost a gateway, from one agent and from several."""
    rows: list[Row] = []
    for count in (1, C1_AGENTS):
        async with EtcdCluster() as etcd, EtcdStore(EtcdOptions((etcd.endpoint,))) as store:
            names = [name_of(number) for number in range(count)]
            for name in names:
                await store.put(key_of(name), encode_module(module(name)))
            async with child("agents", etcd.endpoint, str(count)), gateway_program(etcd.endpoint, count) as (url, pid):
                process = psutil.Process(pid)
                idle = process.memory_info().rss / MIB
                watching = asyncio.create_task(peak_while(process, C1_SECONDS))
                callers = [await ask_and_leave(url, names[number % count]) for number in range(C1_CALLERS)]
                grown = await watching - idle
                for caller in callers:
                    caller.close()
        rows.append(row(f"{C1_CALLERS} never read 11 MB of {count} agents: gateway, MiB over idle", grown, 128.0))
    return rows


async def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as folder:
        log = make_log(Path(folder))
        async with agent_program(log) as (address, process):
            rows = await host_latency(process, lambda: attack("storm", address))
        rows += await others_wait(log)
    publish("attack", [*rows, *await gateway_memory()])


if __name__ == "__main__":
    asyncio.run(main())
