"""What open consoles cost a gateway: the fleet at a glance over one stream each, measured or not, quiet or changing.

Three processes: the gateway, which also holds and changes the Modules; agents that answer for all of them, with real
statistics and a log without errors; and the consoles, which read what comes. The gateway's processor time is its own
alone. Its loop was held for as long as it computed, at worst, between two beats of a timer: how late the timer came
would tell of the other processes too.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from contextlib import AsyncExitStack
from typing import Any

import aiohttp

from benchmarks.report import publish
from corvo_agent.diagnostics.handlers.stats import StatsHandler
from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.announcing.endpoint import AppliedLevel, Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta
from corvo_agent.modules.names import API_PATH, key_of

SERVERS = 8
SECONDS = 10.0
CONSOLES = 20
LOOKED_AT = 50
# Seconds between two beats of the timer that tells how long the loop was held.
BEAT = 0.005


def name_of(number: int) -> str:
    """What the Module of that number is called."""
    return f"node{number:05}-mail"


def module(number: int, level: str = "Info") -> Module:
    """One Module."""
    status = ModuleStatus(f"node{number:05}", "mail", "Venice", last_start=1_764_130_000 * 10**9)
    return Module(ObjectMeta(name=name_of(number), labels={"team": "shop"}), ModuleSpec(level), status)


class NoErrors:
    """A log without any."""

    async def start(self) -> None:
        """Nothing to get ready."""

    async def stop(self) -> None:
        """Nothing to release."""

    async def handle(self, query: DebugQuery) -> Payload:
        """No lines."""
        return logs_payload([])


async def serve_agents() -> None:
    """A few servers that answer for whichever Module is asked."""
    async with AsyncExitStack() as stack:
        addresses = []
        for _ in range(SERVERS):
            service = await stack.enter_async_context(DiagnosticsService())
            service.register_handler("Stats", StatsHandler())
            service.register_handler("Log", NoErrors())
            addresses.append((await stack.enter_async_context(DiagnosticsServer([service]))).address)
        print(json.dumps(addresses), flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def serve_gateway(count: int, addresses: list[str]) -> None:
    """A gateway over ``count`` Modules; a line of input is how many of them change a second from then on."""
    worst = 0.0
    pace = 0
    levels = ("Debug", "Info", "Warn", "Error")

    async def beat() -> None:
        nonlocal worst
        while True:
            begun = time.thread_time()
            await asyncio.sleep(BEAT)
            worst = max(worst, time.thread_time() - begun)

    async def change(store: MemoryStore) -> None:
        number = 0
        while True:
            await asyncio.sleep(0.1)
            for _ in range(pace // 10):
                number += 1
                level = levels[(number // count + 1 + number) % len(levels)]
                await store.put(key_of(name_of(number % count)), encode_module(module(number % count, level)))

    async with MemoryStore() as store:
        for number in range(count):
            endpoint = Endpoint(addresses[number % SERVERS], level=AppliedLevel("Info", "log-level"))
            await store.put(key_of(name_of(number)), encode_module(module(number)))
            await store.put(endpoint_key(name_of(number)), encode_endpoint(endpoint))
        async with Gateway(store, GatewaySettings(listen="127.0.0.1:0")) as gateway:
            await gateway.cache.wait_synced(60)
            await gateway.endpoints.wait_synced(60)
            tasks = [asyncio.create_task(beat()), asyncio.create_task(change(store))]
            print(json.dumps(gateway.url), flush=True)
            while line := await asyncio.to_thread(sys.stdin.readline):
                pace = int(line)
                print(json.dumps([time.process_time(), worst]), flush=True)
                worst = 0.0
            for task in tasks:
                task.cancel()


async def part(*arguments: str) -> Process:
    """A process that plays a part of this file."""
    command = [sys.executable, "-m", "benchmarks.bench_fleet", *arguments]
    return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)


async def told(process: Process) -> Any:
    """The next thing that it says."""
    assert process.stdout is not None
    return json.loads(await process.stdout.readline())


async def report(gateway: Process, pace: int) -> tuple[float, float]:
    """Its processor seconds, and the longest that its loop was held; ``pace`` Modules change a second from now on."""
    assert gateway.stdin is not None
    gateway.stdin.write(b"%d\n" % pace)
    seconds, held = await told(gateway)
    return seconds, held


class Console:
    """One that looks at the whole fleet, and measures some of it."""

    def __init__(self, url: str, measured: list[str]) -> None:
        self._url = url
        self._measured = measured
        self.listed = asyncio.Event()
        self.rows = self.bytes = 0

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Read what comes, until cancelled."""
        body = {"subscriptions": [{"id": "f", "kind": "statuses", "measure": self._measured}]}
        async with session.post(f"{self._url}{API_PATH}/watch", json=body) as response:
            async for line in response.content:
                self.bytes += len(line)
                self.rows += b'"type":"row"' in line
                if b'"type":"listed"' in line:
                    self.listed.set()


async def measure(modules: int, *, consoles: int, measured: int, apart: bool, pace: int) -> dict[str, object]:
    """One row: ``consoles`` look at ``modules``, each at ``measured`` rows closely, ``apart`` at its own."""
    agents = await part("agents")
    gateway = await part("gateway", str(modules), json.dumps(await told(agents)))
    url = str(await told(gateway))
    try:
        async with aiohttp.ClientSession(read_bufsize=1 << 20, connector=aiohttp.TCPConnector(limit=0)) as session:
            await report(gateway, 0)
            before, _ = await report(gateway, 0)
            started = time.monotonic()
            looking = []
            for number in range(consoles):
                first = number * measured if apart else 0
                names = [name_of((first + each) % modules) for each in range(measured)]
                looking.append(Console(url, names))
            tasks = [asyncio.create_task(console.run(session)) for console in looking]
            await asyncio.gather(*(console.listed.wait() for console in looking))
            listed = time.monotonic() - started
            opened, held = await report(gateway, pace)
            rows = sum(console.rows for console in looking)
            await asyncio.sleep(SECONDS)
            after, later_held = await report(gateway, 0)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            told_rows = sum(console.rows for console in looking) - rows
    finally:
        for process in (gateway, agents):
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
    return {
        "modules": modules,
        "consoles": consoles,
        "measured": len({name for console in looking for name in console._measured}),
        "changes_s": pace,
        "listed_s": round(listed, 2),
        "listing_cpu_s": round(opened - before, 2),
        "listing_held_ms": round(1000 * held, 1),
        "cpu_percent": round(100 * (after - opened) / SECONDS, 1),
        "held_ms": round(1000 * later_held, 1),
        "rows_s": round(told_rows / SECONDS),
    }


async def measure_all() -> list[dict[str, object]]:
    """Every case."""
    return [
        await measure(1000, consoles=CONSOLES, measured=0, apart=False, pace=0),
        await measure(1000, consoles=CONSOLES, measured=LOOKED_AT, apart=False, pace=0),
        await measure(1000, consoles=CONSOLES, measured=LOOKED_AT, apart=True, pace=0),
        await measure(1000, consoles=CONSOLES, measured=LOOKED_AT, apart=False, pace=100),
        await measure(10_000, consoles=1, measured=0, apart=False, pace=100),
        await measure(10_000, consoles=CONSOLES, measured=LOOKED_AT, apart=False, pace=100),
    ]


def main() -> None:
    """Measure, print and keep; the other parts are for our own processes."""
    match sys.argv[1:]:
        case ["agents"]:
            asyncio.run(serve_agents())
        case ["gateway", count, addresses]:
            asyncio.run(serve_gateway(int(count), json.loads(addresses)))
        case _:
            publish("fleet", asyncio.run(measure_all()))


if __name__ == "__main__":
    main()
