"""Drives the demo once as a person would, with the real etcdctl, and says what held."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import orjson

from ..diagnostics.client.client import DiagnosticsClient
from ..errors import CorvoError, Unsupported
from ..modules.etcd.store import EtcdOptions, EtcdStore
from ..timestamps import format_rfc3339
from .check_rest import REST_ATTEMPTS
from .findings import Failed, Finding
from .world import DemoWorld

#: Seconds for one check.
_PATIENCE = 30.0
#: Changes of the level that are measured, for a median.
_FLIPS = 10


async def check(world: DemoWorld, *, patience: float = _PATIENCE) -> AsyncIterator[Finding]:
    """Try everything, one finding after the other; takes a few seconds, and goes on when one does not hold.

    Each attempt has ``patience`` seconds.
    """
    for what, attempt in _ATTEMPTS.items():
        try:
            async with asyncio.timeout(patience):
                yield Finding(what, True, await attempt(world))
        except TimeoutError:
            yield Finding(what, False, f"not within {patience:g} s")
        # A check that fails must not keep the others from being tried.
        except (Failed, CorvoError, OSError, aiohttp.ClientError) as error:
            yield Finding(what, False, str(error) or type(error).__name__)


async def put(world: DemoWorld, level: str) -> None:
    """Set the level with etcdctl, as a hand-written value. Raises Unsupported without etcdctl."""
    if world.etcd.etcdctl is None:
        raise Unsupported("etcdctl", "this etcd came without one")
    process = await asyncio.create_subprocess_exec(
        *(world.etcd.etcdctl, "--endpoints", world.etcd.endpoint, "put", world.key, _value(level)),
        # Older versions of etcdctl speak version 2 of the API unless told otherwise.
        env={"ETCDCTL_API": "3"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise Failed(f"etcdctl ended with {process.returncode}: {said.decode(errors='replace').strip()}")


def _value(level: str) -> bytes:
    return orjson.dumps({"spec": {"log-level": level}})


async def _flip(world: DemoWorld) -> str:
    """The level follows etcdctl; the time counts from the start of etcdctl, which is most of it."""
    times = await _flips(world, put)
    return f"{_FLIPS} changes, applied {statistics.median(times):.1f} ms after etcdctl was started (median)"


async def _flip_fast(world: DemoWorld) -> str:
    """The same without a process for each put: what etcd and the agent take."""
    async with EtcdStore(EtcdOptions.from_urls(world.etcd.endpoint)) as store:
        times = await _flips(world, lambda _, level: store.put(world.key, _value(level)))
    return f"{_FLIPS} changes, put to applied {statistics.median(times):.1f} ms in the median, {max(times):.1f} at most"


async def _flips(world: DemoWorld, change: Callable[[DemoWorld, str], Awaitable[object]]) -> list[float]:
    """Milliseconds from the start of each change until the level was in force."""
    loop = asyncio.get_running_loop()
    times = []
    for number in range(_FLIPS):
        level = ("Debug", "Warn")[number % 2]
        known, began = len(world.levels), loop.time()
        await change(world, level)
        times.append(1000 * (await world.wait_level(level, known) - began))
        if world.agent.level.level_text != level:
            raise Failed(f"{level} was set and {world.agent.level} holds")
    return times


async def _logs(world: DemoWorld) -> str:
    """With Warn nothing below it is written, with Debug everything is."""
    quiet = await _written(world, "Warn", "warn")
    if below := [record["msg"] for record in quiet if record["level"] in ("debug", "info")]:
        raise Failed(f"Warn holds and {below[0]!r} is written")
    loud = await _written(world, "Debug", "debug")
    return f"{len(quiet)} lines with Warn, {len(loud)} with Debug; none below the level"


async def _written(world: DemoWorld, level: str, expected: str) -> list[dict[str, str]]:
    """What is written from the moment that ``level`` holds until there is a line of the level ``expected``."""
    known = len(world.levels)
    if world.agent.level.level_text != level:
        await put(world, level)
        await world.wait_level(level, known)
    # Only now: lines from before the level was in force say nothing about it.
    since = format_rfc3339(time.time_ns())
    async with DiagnosticsClient(world.agent.address, world.agent.name) as client:
        while True:
            records = await client.logs(lines=300, since=since)
            if any(record["level"] == expected for record in records):
                return records
            # The service writes some twenty lines a second: asking more often would find the same.
            await asyncio.sleep(0.05)


async def _stats(world: DemoWorld) -> str:
    async with DiagnosticsClient(world.agent.address, world.agent.name) as client:
        found = await client.stats()
    missing = {"cpustats", "memstats", "cmdline", "orders.accepted"} - found.keys()
    if missing:
        raise Failed(f"missing: {', '.join(sorted(missing))}")
    return f"{len(found)} variables, {found['orders.accepted']} orders accepted"


async def _action(world: DemoWorld) -> str:
    async with DiagnosticsClient(world.agent.address, world.agent.name) as client:
        answer = await client.action("list-orders")
    if not isinstance(answer, str):
        raise Failed("the answer is no text")
    return f"list-orders: {len(orjson.loads(answer))} orders"


async def _profile(world: DemoWorld) -> str:
    async with DiagnosticsClient(world.agent.address, world.agent.name) as client:
        buffer = await client.profile("goroutine")
    if not buffer.startswith(b"\x1f\x8b"):
        raise Failed("the answer is not gzipped")
    return f"goroutine: {len(buffer)} bytes of pprof"


_ATTEMPTS: dict[str, Callable[[DemoWorld], Awaitable[str]]] = {
    "level by etcdctl": _flip,
    "level by a put": _flip_fast,
    "logs over gRPC": _logs,
    "stats over gRPC": _stats,
    "action over gRPC": _action,
    "profile over gRPC": _profile,
    **REST_ATTEMPTS,
}
