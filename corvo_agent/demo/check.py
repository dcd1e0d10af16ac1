"""Drives the demo once as a person would, with the real etcdctl, and says what held."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import orjson

from ..client import DiagnosticsClient
from ..errors import CorvoError, Unsupported
from .world import NAME, DemoWorld

_PATIENCE = 15.0
_FLIPS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried: whether it held, and what was seen."""

    what: str
    held: bool
    seen: str


class _Failed(Exception):
    """What was seen is not what has to be."""


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
        except (_Failed, CorvoError, OSError, aiohttp.ClientError) as error:
            yield Finding(what, False, str(error))


async def put(world: DemoWorld, level: str) -> None:
    """Set the level with etcdctl, as a hand-written value. Raises Unsupported without etcdctl."""
    if world.etcd.etcdctl is None:
        raise Unsupported("etcdctl", "there is none beside this etcd")
    value = orjson.dumps({"spec": {"log-level": level}}).decode()
    process = await asyncio.create_subprocess_exec(
        *(world.etcd.etcdctl, "--endpoints", world.etcd.endpoint, "put", world.key, value),
        env={"ETCDCTL_API": "3"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise _Failed(f"etcdctl ended with {process.returncode}: {said.decode(errors='replace').strip()}")


async def _flip(world: DemoWorld) -> str:
    """The level follows etcdctl; the time counts from the start of etcdctl, which is most of it."""
    loop = asyncio.get_running_loop()
    times = []
    for number in range(_FLIPS):
        level = ("Debug", "Warn")[number % 2]
        known, began = len(world.levels), loop.time()
        await put(world, level)
        times.append(1000 * (await world.wait_level(level, known) - began))
        if world.agent.level.level.text != level:
            raise _Failed(f"{level} was set and {world.agent.level} holds")
    return f"{_FLIPS} changes, put to applied {statistics.median(times):.1f} ms in the median, etcdctl's start included"


async def _logs(world: DemoWorld) -> str:
    """Debug lines appear once Debug is set."""
    await put(world, "Debug")
    async with DiagnosticsClient(world.agent.address) as client:
        while True:
            records = await client.logs(lines=300)
            if any(record.get("level") == "debug" for record in records):
                return f"{len(records)} lines, Debug ones among them"
            await asyncio.sleep(0.05)


async def _stats(world: DemoWorld) -> str:
    async with DiagnosticsClient(world.agent.address) as client:
        found = await client.stats()
    missing = {"cpustats", "memstats", "cmdline", "orders.accepted"} - found.keys()
    if missing:
        raise _Failed(f"missing: {', '.join(sorted(missing))}")
    return f"{len(found)} variables, {found['orders.accepted']} orders accepted"


async def _action(world: DemoWorld) -> str:
    async with DiagnosticsClient(world.agent.address) as client:
        answer = await client.action("list-orders")
    if not isinstance(answer, str):
        raise _Failed("the answer is no text")
    return f"list-orders: {len(orjson.loads(answer))} orders"


async def _profile(world: DemoWorld) -> str:
    async with DiagnosticsClient(world.agent.address) as client:
        buffer = await client.profile("goroutine")
    if not buffer.startswith(b"\x1f\x8b"):
        raise _Failed("the answer is not gzipped")
    return f"goroutine: {len(buffer)} bytes of pprof"


async def _rest(world: DemoWorld) -> str:
    path = f"{world.gateway.url}/configs/diagnostics/v1/modules/{NAME}"
    async with aiohttp.ClientSession() as session:
        async with session.get(path) as answer:
            module = await answer.json()
        if answer.status != 200 or module.get("status", {}).get("node") != "node1":
            raise _Failed(f"GET gave {answer.status}: {module}")
        body = {"query": "Log", "parameters": {"lines": "300"}}
        async with session.post(f"{path}/Debug", json=body) as answer:
            reply = await answer.json()
        if answer.status != 200 or not reply["diagnostics"]["logs"]:
            raise _Failed(f"POST Debug gave {answer.status}: {reply}")
    return f"GET of the Module, POST of Debug: {len(reply['diagnostics']['logs'])} lines"


_ATTEMPTS: dict[str, Callable[[DemoWorld], Awaitable[str]]] = {
    "level by etcdctl": _flip,
    "logs over gRPC": _logs,
    "stats over gRPC": _stats,
    "action over gRPC": _action,
    "profile over gRPC": _profile,
    "REST gateway": _rest,
}
