"""What ``corvo agent`` costs a machine: time from its start to its first answer, memory, and CPU while nothing happens.

Beside it a bare grpclib server with one method: what any agent over grpclib costs at least. Start times are taken
alternately; memory and CPU are those of processes that have answered a Log and a Stats query and are left alone.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

import psutil

from benchmarks.report import publish
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd, free_ports
from corvo_agent.errors import Unavailable

ROUNDS = 7
IDLE_SECONDS = float(os.environ.get("CORVO_BENCH_IDLE_SECONDS", "20"))
_BARE = """
import asyncio, sys
from grpclib.const import Cardinality, Handler
from grpclib.server import Server

class Message:
    def SerializeToString(self): return b""
    @classmethod
    def FromString(cls, data): return cls()

class Echo:
    async def call(self, stream):
        await stream.recv_message()
        await stream.send_message(Message())
    def __mapping__(self):
        return {"/protos.Diagnostics/Debug": Handler(self.call, Cardinality.UNARY_UNARY, Message, Message)}

async def main():
    server = Server([Echo()])
    await server.start("127.0.0.1", int(sys.argv[1]))
    await server.wait_closed()

asyncio.run(main())
"""


def agent_command(etcd: str, port: int, log: Path) -> list[str]:
    """The agent as the README runs it."""
    return [
        *(sys.executable, "-m", "corvo_agent", "agent", "--module", "bench", "--node", "node1"),
        *("--log-file", str(log), "--etcd", etcd, "--listen", f"127.0.0.1:{port}"),
    ]


async def start(command: list[str], port: int) -> tuple[Process, float]:
    """Start a server and wait for its first answer; the process and the seconds that it took."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL, stdin=DEVNULL)
    async with DiagnosticsClient(f"127.0.0.1:{port}", connect_timeout=1.0) as client:
        while True:
            try:
                await client.debug("Stats", {"expvar": "cmdline"})
            except Unavailable:
                await asyncio.sleep(0.002)
            else:
                return process, time.perf_counter() - began


async def stop(process: Process) -> None:
    """End a process that was started here."""
    process.terminate()
    await process.wait()


async def idle(process: Process) -> tuple[float, float]:
    """Percent of one core that the process takes while nothing is asked, and its memory in MiB."""
    await asyncio.sleep(2)
    watched = psutil.Process(process.pid)
    before, began = sum(watched.cpu_times()[:2]), time.perf_counter()
    await asyncio.sleep(IDLE_SECONDS)
    spent = sum(watched.cpu_times()[:2]) - before
    return 100 * spent / (time.perf_counter() - began), watched.memory_info().rss / 2**20


async def measure(folder: Path) -> None:
    """Run all of it and keep the figures."""
    log = folder / "bench.log"
    log.write_bytes(b'{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"hello"}\n' * 1000)
    times: dict[str, list[float]] = {"corvo agent": [], "bare grpclib server": []}
    async with EmbeddedEtcd() as etcd:
        for _ in range(ROUNDS):
            for name in times:
                (port,) = free_ports(1)
                bare = [sys.executable, "-c", _BARE, str(port)]
                process, seconds = await start(
                    agent_command(etcd.endpoint, port, log) if "corvo" in name else bare, port
                )
                times[name].append(seconds)
                await stop(process)
        (port, bare_port) = free_ports(2)
        agent, _ = await start(agent_command(etcd.endpoint, port, log), port)
        bare_process, _ = await start([sys.executable, "-c", _BARE, str(bare_port)], bare_port)
        async with DiagnosticsClient(f"127.0.0.1:{port}") as client:
            await client.logs(lines=300)
            await client.stats()
        (cpu, memory), (bare_cpu, bare_memory) = await asyncio.gather(idle(agent), idle(bare_process))
        await asyncio.gather(stop(agent), stop(bare_process))
    ours, limit = (statistics.median(each) for each in times.values())
    publish(
        "agent",
        [
            _row("start to first answer, s", ours, limit, "< 0.6"),
            _row("resident memory, MiB", memory, bare_memory, "< 60"),
            _row("idle CPU, % of a core", cpu, bare_cpu, "< 0.2"),
        ],
    )


def _row(what: str, ours: float, limit: float, goal: str) -> dict[str, object]:
    ratio = round(ours / limit, 2) if limit else None
    return {"what": what, "corvo agent": round(ours, 3), "bare server": round(limit, 3), "ratio": ratio, "goal": goal}


def main() -> None:
    """Measure in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
