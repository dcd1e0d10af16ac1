"""What a hostile client costs: our server beside a bare grpclib one, each in a process of its own.

Claims: a declared message of 2 GB grows the server by no more than a few MB; a client that opens streams only to reset
them is sent away before it costs more than a tenth of what it costs grpclib.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import h2.exceptions
import psutil

from benchmarks import report
from benchmarks.debug_servers import running
from tests.h2_peer import Peer, connected, framed

STREAMS, BATCH = 20_000, 50
DECLARED, SENT = 2 << 30, 192 << 20
CHUNK = 1 << 20
GIVE_UP = 60.0


async def declare_much(peer: Peer) -> None:
    """One message that says it has 2 GB, and as many of its bytes as the server takes."""
    stream = await peer.request()
    await peer.send(stream, framed(b"", length=DECLARED))
    for _ in range(SENT // CHUNK):
        if stream in peer.ended:
            break
        await peer.send(stream, bytes(CHUNK))


async def open_and_reset(peer: Peer) -> None:
    """20,000 streams, each reset as soon as it is open."""
    for _ in range(STREAMS // BATCH):
        for _ in range(BATCH):
            peer.h2.reset_stream(peer.open())
        await peer.flush()


async def attack(address: str, flood: Callable[[Peer], Awaitable[None]]) -> None:
    """Run ``flood``; it may be cut off."""
    with contextlib.suppress(ConnectionError, h2.exceptions.ProtocolError, TimeoutError):
        async with asyncio.timeout(GIVE_UP), connected(address) as peer:
            await flood(peer)
            # The server is done with it when it answers this.
            peer.h2.ping(b"finished")
            await peer.flush()
            while not peer.closed and not peer.pinged:
                await peer.receive()


async def cost(kind: str, path: Path, flood: Callable[[Peer], Awaitable[None]]) -> report.Row:
    """What ``flood`` costs the server ``kind``."""
    async with running(kind, path) as (address, pid):
        process = psutil.Process(pid)
        cpu, memory = process.cpu_times(), process.memory_info().rss
        highest, done = memory, asyncio.Event()

        async def watch() -> None:
            nonlocal highest
            while not done.is_set():
                highest = max(highest, process.memory_info().rss)
                await asyncio.sleep(0.005)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch())
            start = time.perf_counter()
            await attack(address, flood)
            seconds = time.perf_counter() - start
            done.set()
        after = process.cpu_times()
    return {
        "flood": flood.__name__.replace("_", " "),
        "server": "corvo_agent" if kind == "ours" else "bare grpclib",
        "seconds": seconds,
        "CPU s": after.user + after.system - cpu.user - cpu.system,
        "grows by MiB": (highest - memory) / (1 << 20),
    }


async def run() -> list[report.Row]:
    """Both floods against both servers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty"
        path.write_bytes(b"")
        return [
            await cost(kind, path, flood) for flood in (declare_much, open_and_reset) for kind in ("answer", "ours")
        ]


if __name__ == "__main__":
    report.publish("floods", asyncio.run(run()))
