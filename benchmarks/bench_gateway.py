"""The gateway at scale: 10,000 Modules in a real etcd, 1,000 watchers, 1,000 agents, and Debug beside a direct call.

Every server has a process of its own, as in life: etcd, the gateway, the agents. Watchers and callers are this one.
Beside each figure stands what the same bytes cost without a gateway: an aiohttp server that has them ready, and
grpclib calls to the same agents. All of it shares the processors of this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

import aiohttp
import orjson
import psutil
from grpclib.client import Channel
from grpclib.const import Cardinality

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.request_codec import request_of
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort
from corvo_agent.modules.names import API_PATH, key_of
from corvo_agent.protobuf.codec import encode

from .gateway_servers import LINES, child, gateway_program, name_of
from .gateway_watchers import delays, lines, not_seen, watching
from .raw_codec import RawCodec
from .report import Row, publish

MODULES = int(os.environ.get("BENCH_MODULES", "10000"))
WATCHERS = int(os.environ.get("BENCH_WATCHERS", "1000"))
CHANGES = int(os.environ.get("BENCH_CHANGES", "1000"))
AGENTS = int(os.environ.get("BENCH_AGENTS", "1000"))
ROUNDS = 3
WIDTH = 64
# Beside bytes that lie ready only the same bytes say something.
PLAIN = {"Accept-Encoding": "identity"}
_DEBUG = "/protos.Diagnostics/Debug"


def module(number: int) -> Module:
    """One of many: names and labels of the usual length."""
    return Module(
        meta=ObjectMeta(name=name_of(number), generation_id="1", labels={"app": f"app{number % 50}"}),
        spec=ModuleSpec(log_level="Info"),
        status=ModuleStatus(
            node=f"node{number:05}", module="pen-npm", category="Venice", service_ports=(ServicePort("pen-npm", 9005),)
        ),
    )


def row(what: str, value: float, goal: float, **more: float) -> Row:
    """One line of the result."""
    return {"what": what, "value": round(value, 3), "goal": goal, "held": value <= goal, **more}


async def fill(store: EtcdStore) -> None:
    """Put the Modules, some at a time."""
    await at_once(range(MODULES), lambda number: store.put(key_of(name_of(number)), encode_module(module(number))))


async def at_once(items: Iterable[Any], work: Callable[[Any], Awaitable[object]]) -> None:
    """``work`` on every item, WIDTH of them at a time."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    await asyncio.gather(*(worker() for _ in range(WIDTH)))


async def timed(work: Awaitable[object]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


async def fetch(session: aiohttp.ClientSession, url: str) -> bytes:
    """The body at ``url``."""
    async with session.get(url) as response:
        return await response.read()


async def measure_reads(session: aiohttp.ClientSession, url: str, pid: int, bare: str) -> list[Row]:
    """List of all and get of one, each beside the same bytes that lie ready; and the gateway's memory after them."""
    api = f"{url}{API_PATH}/modules"
    memory = psutil.Process(pid).memory_info().rss / 2**20
    found: dict[str, list[float]] = {}
    for what, paths, count in (("list", [api], 15), ("get", [f"{api}/{name_of(n)}" for n in range(1000)], 1000)):
        body = await fetch(session, paths[0])
        assert what == "get" or len(orjson.loads(body)["items"]) == MODULES
        async with session.put(f"{bare}/bytes", data=body):
            pass
        ours, theirs = found.setdefault(what, []), found.setdefault(f"{what} bare", [])
        for number in range(count):
            ours.append(await timed(fetch(session, paths[number % len(paths)])) * 1e3)
            theirs.append(await timed(fetch(session, f"{bare}/bytes")) * 1e3)
    middle = {name: round(statistics.median(times), 3) for name, times in found.items()}
    memory = max(memory, psutil.Process(pid).memory_info().rss / 2**20)
    return [
        row("list of all, ms", middle["list"], 150, limit=middle["list bare"]),
        row("get p50, ms", middle["get"], 1.5, limit=middle["get bare"]),
        row("gateway RSS, MiB", memory, 200),
    ]


async def measure_watch(session: aiohttp.ClientSession, url: str, bare: str, store: EtcdStore) -> list[Row]:
    """Every watcher sees every change; the time is from the beginning of the put to the watcher's line.

    The limit is a broadcast of the same lines at the same pace: it has neither etcd nor anything to collect.
    """
    names = [name_of(number) for number in range(CHANGES)]
    began: list[float] = []
    async with watching(f"{url}{API_PATH}/watch/modules?O.resource-version=-1", WATCHERS, CHANGES) as watchers:
        for number, name in enumerate(names):
            changed = replace(module(number), spec=ModuleSpec(log_level="Debug"))
            began.append(time.perf_counter())
            await store.put(key_of(name), encode_module(changed))
        rate = round(CHANGES / (time.perf_counter() - began[0]))
        await asyncio.gather(*(watcher.done for watcher in watchers))
    late, missing = delays(watchers, began), not_seen(watchers, names)
    sent = lines(watchers[0])
    pace = [now for now, _ in watchers[0].arrivals]
    limit = await broadcast(session, bare, sent, pace)
    return [
        row("watchers x changes, not seen", missing, 0),
        row(
            "watch p99, ms",
            _percentile(late, 0.99),
            500,
            p50=_percentile(late, 0.5),
            puts_per_s=rate,
            batches=len(sent),
            limit=_percentile(limit, 0.99),
            limit_p50=_percentile(limit, 0.5),
        ),
    ]


async def broadcast(session: aiohttp.ClientSession, bare: str, sent: list[bytes], pace: list[float]) -> list[float]:
    """The delays of the same lines at about the same times, written by an aiohttp server to as many watchers."""
    began: list[float] = []
    async with watching(f"{bare}/watch", WATCHERS, CHANGES) as watchers:
        started = time.perf_counter()
        for line, when in zip(sent, pace, strict=False):
            await asyncio.sleep(started + when - pace[0] - time.perf_counter())
            began += [time.perf_counter()] * line.count(b'"meta":{"name":"')
            async with session.post(f"{bare}/watch", data=line):
                pass
        await asyncio.gather(*(watcher.done for watcher in watchers))
    return delays(watchers, began)


def _percentile(values: list[float], share: float) -> float:
    return round(values[int(len(values) * share)], 1)


async def measure_debug(session: aiohttp.ClientSession, url: str, address: str) -> list[Row]:
    """The same query straight to the agent and through the gateway, in turns."""
    direct: list[float] = []
    through: list[float] = []
    body = {"query": "Log", "parameters": {"lines": str(LINES)}}
    async with DiagnosticsClient(address) as client:
        for _ in range(200):
            started = time.perf_counter()
            assert len(await client.logs(lines=str(LINES))) == LINES
            direct.append((time.perf_counter() - started) * 1e3)
            started = time.perf_counter()
            async with session.post(f"{url}{API_PATH}/modules/{name_of(AGENTS - 1)}/Debug", json=body) as response:
                answer = orjson.loads(await response.read())
            through.append((time.perf_counter() - started) * 1e3)
            assert len(answer["diagnostics"]["logs"]) == LINES
    one, two = statistics.median(direct), statistics.median(through)
    return [
        row("Debug through the gateway / direct", two / one, 1.5, direct_ms=round(one, 2), through_ms=round(two, 2))
    ]


async def ask_all(session: aiohttp.ClientSession, url: str) -> None:
    """One request to all agents through the gateway."""
    body = {"query": "Log", "parameters": {"lines": "10"}}
    async with session.post(
        f"{url}{API_PATH}/Debug", json=body, params={"field-selector": f"meta.name<{name_of(AGENTS)}"}
    ) as response:
        answers = (await response.read()).splitlines()
    assert orjson.loads(answers[-1])["summary"] == {"modules": AGENTS, "ok": AGENTS, "failed": 0}


async def call_all(channels: list[Channel]) -> None:
    """The same query to all agents by bare grpclib calls, whose answers nobody decodes."""
    request = encode(request_of(DebugQuery("Log", {"lines": "10"}, name_of(0))))

    async def call(channel: Channel) -> None:
        async with channel.request(_DEBUG, Cardinality.UNARY_UNARY, bytes, bytes, timeout=10) as stream:
            await stream.send_message(request, end=True)
            assert await stream.recv_message()

    await at_once(channels, call)


async def measure_fan_out(session: aiohttp.ClientSession, etcd: str, addresses: list[str]) -> list[Row]:
    """All agents asked: with every connection to be made, then with all of them open; a fresh gateway each time."""
    found: dict[str, list[float]] = {"cold": [], "warm": [], "bare cold": [], "bare warm": []}
    for _ in range(ROUNDS):
        async with gateway_program(etcd, MODULES) as (url, _):
            found["cold"].append(await timed(ask_all(session, url)))
            found["warm"].append(await timed(ask_all(session, url)))
        places = [address.rsplit(":", 1) for address in addresses]
        channels = [Channel(host, int(port), codec=RawCodec()) for host, port in places]
        found["bare cold"].append(await timed(call_all(channels)))
        found["bare warm"].append(await timed(call_all(channels)))
        for channel in channels:
            channel.close()
    middle = {name: round(statistics.median(times), 3) for name, times in found.items()}
    what = f"fan-out to {AGENTS} agents"
    return [
        row(f"{what}, first, s", middle["cold"], 2, best=round(min(found["cold"]), 3), limit=middle["bare cold"]),
        row(f"{what}, again, s", middle["warm"], 2, best=round(min(found["warm"]), 3), limit=middle["bare warm"]),
    ]


async def run() -> None:
    """Everything, against one etcd."""
    async with contextlib.AsyncExitStack() as stack:
        etcd = await stack.enter_async_context(EmbeddedEtcd())
        store = await stack.enter_async_context(EtcdStore(EtcdOptions((etcd.endpoint,))))
        connector = aiohttp.TCPConnector(limit=0)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, read_bufsize=2**20, headers=PLAIN)
        )
        await fill(store)
        async with gateway_program(etcd.endpoint, MODULES) as (url, pid), child("bare") as ((bare,), _):
            rows = await measure_reads(session, url, pid, bare)
            rows += await measure_watch(session, url, bare, store)
        async with child("agents", etcd.endpoint, str(AGENTS)) as (addresses, _):
            async with gateway_program(etcd.endpoint, MODULES) as (url, _):
                rows += await measure_debug(session, url, addresses[-1])
            rows += await measure_fan_out(session, etcd.endpoint, addresses)
    publish("gateway", rows, "prometheus_client")


if __name__ == "__main__":
    asyncio.run(run())
