"""The gateway at scale: 10,000 Modules in a real etcd, 1,000 watchers, 1,000 agents, and Debug beside a direct call.

Every server has a process of its own, as in life: etcd, the gateway, the agents. Watchers and callers are this one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import orjson
import psutil

from corvo_agent.agent.server import DiagnosticsServer
from corvo_agent.client import DiagnosticsClient
from corvo_agent.diagnostics.payloads import logs_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.http import PREFIX
from corvo_agent.modules.codec import encode_module
from corvo_agent.modules.endpoints import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.etcd import EtcdStore
from corvo_agent.modules.etcd_options import EtcdOptions
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort
from corvo_agent.modules.names import key_of

from .report import Row, publish

MODULES = int(os.environ.get("BENCH_MODULES", "10000"))
WATCHERS = int(os.environ.get("BENCH_WATCHERS", "1000"))
CHANGES = int(os.environ.get("BENCH_CHANGES", "1000"))
AGENTS = int(os.environ.get("BENCH_AGENTS", "1000"))
LINES = 300
_RECORD = {
    "caller": "svc_diagnostics_endpoints.go:488",
    "duration": "52.865us",
    "level": "audit",
    "method": "AutoWatchModule",
    "module": "pen-spyglass",
    "msg": "a line of a usual length, as services write them",
    "pid": "7",
    "result": "Success",
    "service": "DiagnosticsV1",
    "source": "/var/log/pen-spyglass.log",
    "ts": "2026-05-10T16:26:07.675716955Z",
    "user": "admin",
}


class Lines:
    """Log lines that are encoded for each query, as an agent does after reading them."""

    async def start(self) -> None:
        """Nothing to get ready."""

    async def stop(self) -> None:
        """Nothing to release."""

    async def handle(self, query: DebugQuery) -> Payload:
        """As many records as were asked for."""
        return logs_payload([_RECORD] * int(query.parameters.get("lines", LINES)))


def module(number: int) -> Module:
    """One of many: names and labels of the usual length."""
    return Module(
        meta=ObjectMeta(name=f"node{number:05}-pen-npm", generation_id="1", labels={"app": f"app{number % 50}"}),
        spec=ModuleSpec(log_level="Info"),
        status=ModuleStatus(
            node=f"node{number:05}", module="pen-npm", category="Venice", service_ports=(ServicePort("pen-npm", 9005),)
        ),
    )


async def serve_agents(etcd: str, count: int) -> None:
    """A process with ``count`` agents, each announced; prints one address and ends with its input."""
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(EtcdStore(EtcdOptions((etcd,))))
        address = ""
        for number in range(count):
            service = await stack.enter_async_context(DiagnosticsService())
            service.register_handler("Log", Lines())
            server = await stack.enter_async_context(DiagnosticsServer([service]))
            address = server.address
            await store.put(endpoint_key(module(number).name), encode_endpoint(Endpoint(address)))
        print(address, flush=True)
        await asyncio.to_thread(sys.stdin.read)


@contextlib.asynccontextmanager
async def child(*arguments: str) -> AsyncIterator[tuple[str, int]]:
    """This file as a process of another role; yields what it printed first and its pid."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.bench_gateway", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip(), process.pid
    finally:
        process.stdin.close()
        await process.wait()


@contextlib.asynccontextmanager
async def gateway_program(session: aiohttp.ClientSession, etcd: str) -> AsyncIterator[tuple[str, int]]:
    """``corvo gateway`` as people run it, once it knows every Module; its URL and its pid."""
    command = (sys.executable, "-m", "corvo_agent", "gateway", "--etcd", etcd, "--listen", "127.0.0.1:0")
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        while b"serving" not in (line := await process.stderr.readline()):
            assert line, "the gateway ended"
        url = line.decode().split()[-1]
        known = 0
        while known < MODULES:
            async with session.get(f"{url}/readyz") as response:
                known = (await response.json())["modules"]
        yield url, process.pid
    finally:
        process.terminate()
        # Its pipe is read to the end, so that it never waits for us.
        await process.communicate()


async def fill(store: EtcdStore) -> None:
    """Put the Modules, some at a time."""
    numbers = iter(range(MODULES))

    async def put() -> None:
        for number in numbers:
            await store.put(key_of(module(number).name), encode_module(module(number)))

    await asyncio.gather(*(put() for _ in range(16)))


async def measure_reads(session: aiohttp.ClientSession, url: str, pid: int) -> list[Row]:
    """List of all, get of one, and what the gateway's memory is after them."""
    lists, gets = [], []
    for _ in range(7):
        started = time.perf_counter()
        async with session.get(f"{url}{PREFIX}/modules") as response:
            body = await response.read()
        lists.append((time.perf_counter() - started) * 1e3)
        assert len(orjson.loads(body)["items"]) == MODULES
    for number in range(1000):
        started = time.perf_counter()
        async with session.get(f"{url}{PREFIX}/modules/node{number:05}-pen-npm") as response:
            await response.read()
        gets.append((time.perf_counter() - started) * 1e3)
    memory = psutil.Process(pid).memory_info().rss / 2**20
    return [
        row("list of all, ms", statistics.median(lists), 150, best=min(lists)),
        row("get p50, ms", statistics.median(gets), 1.5, best=min(gets)),
        row("gateway RSS, MiB", memory, 200),
    ]


def row(what: str, value: float, goal: float, **more: float) -> Row:
    """One line of the result."""
    return {"what": what, "value": round(value, 3), "goal": goal, "held": value <= goal, **more}


class Watcher(asyncio.Protocol):
    """A watcher that only counts: an HTTP client for each of a thousand would be what is measured."""

    def __init__(self, path: str, put_at: dict[bytes, float], late: list[float], wanted: int) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.seen = 0
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        self._put_at = put_at
        self._late = late
        self._wanted = wanted
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Find the names of changed Modules; one may be split over two pieces."""
        if not self.ready.done():
            self.ready.set_result(None)
        now, data, end = time.perf_counter(), self._rest + data, 0
        for match in _CHANGED.finditer(data):
            self._late.append((now - self._put_at[match[1]]) * 1e3)
            self.seen += 1
            end = match.end()
        self._rest = data[max(end, len(data) - 100) :]
        if self.seen >= self._wanted and not self.done.done():
            self.done.set_result(None)


_CHANGED = re.compile(rb'"meta":\{"name":"([^"]+)"')


async def measure_watch(url: str, store: EtcdStore) -> list[Row]:
    """Every watcher sees every change; the time is from the beginning of the put to the watcher's line."""
    put_at: dict[bytes, float] = {}
    late: list[float] = []
    host, _, port = url.removeprefix("http://").partition(":")
    path = f"{PREFIX}/watch/modules?O.resource-version=-1"
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Watcher(path, put_at, late, CHANGES), host, int(port))
        for _ in range(WATCHERS)
    ]
    watchers = [watcher for _, watcher in made]
    await asyncio.gather(*(watcher.ready for watcher in watchers))
    started = time.perf_counter()
    for number in range(CHANGES):
        changed = replace(module(number), spec=ModuleSpec(log_level="Debug"))
        put_at[changed.name.encode()] = time.perf_counter()
        await store.put(key_of(changed.name), encode_module(changed))
    await asyncio.gather(*(watcher.done for watcher in watchers))
    rate = round(CHANGES / (time.perf_counter() - started))
    for transport, _ in made:
        transport.close()
    late.sort()
    missing = WATCHERS * CHANGES - sum(watcher.seen for watcher in watchers)
    return [
        row("watchers x changes, not seen", missing, 0),
        row("watch p99, ms", late[int(len(late) * 0.99)], 500, p50=round(late[len(late) // 2], 1), per_s=rate),
    ]


async def measure_debug(session: aiohttp.ClientSession, url: str, address: str, name: str) -> list[Row]:
    """The same query straight to the agent and through the gateway, in turns."""
    direct: list[float] = []
    through: list[float] = []
    body = {"query": "Log", "parameters": {"lines": str(LINES)}}
    async with DiagnosticsClient(address) as client:
        for _ in range(150):
            started = time.perf_counter()
            assert len(await client.logs(lines=str(LINES))) == LINES
            direct.append((time.perf_counter() - started) * 1e3)
            started = time.perf_counter()
            async with session.post(f"{url}{PREFIX}/modules/{name}/Debug", json=body) as response:
                answer = orjson.loads(await response.read())
            through.append((time.perf_counter() - started) * 1e3)
            assert len(answer["diagnostics"]["logs"]) == LINES
    one, two = statistics.median(direct), statistics.median(through)
    return [
        row("Debug through the gateway / direct", two / one, 1.5, direct_ms=round(one, 2), through_ms=round(two, 2))
    ]


async def measure_fan_out(session: aiohttp.ClientSession, url: str) -> list[Row]:
    """One request to all agents: first with every connection to be made, then with all of them open."""
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        body = {"query": "Log", "parameters": {"lines": "10"}}
        params = {"field-selector": f"meta.name<node{AGENTS:05}"}
        async with session.post(f"{url}{PREFIX}/Debug", json=body, params=params) as response:
            lines = (await response.read()).splitlines()
        seconds.append(time.perf_counter() - started)
        assert orjson.loads(lines[-1])["summary"] == {"modules": AGENTS, "ok": AGENTS, "failed": 0}
    return [row(f"fan-out to {AGENTS} agents, s", seconds[0], 2, again=round(min(seconds[1:]), 3))]


async def run() -> None:
    """Everything, against one etcd."""
    async with EmbeddedEtcd() as etcd, EtcdStore(EtcdOptions((etcd.endpoint,))) as store:
        await fill(store)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, read_bufsize=2**20) as session:
            async with gateway_program(session, etcd.endpoint) as (url, pid):
                rows = await measure_reads(session, url, pid)
                rows += await measure_watch(url, store)
            async with (
                child("agents", etcd.endpoint, str(AGENTS)) as (address, _),
                gateway_program(session, etcd.endpoint) as (url, _),
            ):
                rows += await measure_debug(session, url, address, module(AGENTS - 1).name)
                rows += await measure_fan_out(session, url)
    publish("gateway", rows, "prometheus_client")


def main() -> None:
    """All of it, or the role that the arguments name."""
    if sys.argv[1:2] == ["agents"]:
        asyncio.run(serve_agents(sys.argv[2], int(sys.argv[3])))
    else:
        asyncio.run(run())


if __name__ == "__main__":
    main()
