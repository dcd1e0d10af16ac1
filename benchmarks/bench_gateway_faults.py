"""What callers of the gateway notice when something dies: how long, and what they are told meanwhile.

One etcd, two gateways and three agents, each a process; callers loop over Debug and over PUT the whole time. Each
request has to end with an answer or with a clear error, and each fault is over when no request fails any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from corvo_agent.modules.announcing.endpoint import endpoint_name
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.names import API_PATH, BESIDE_PREFIX
from tests.etcd_cluster import EtcdCluster

from .gateway_servers import gateway_program
from .report import Row, publish

AGENTS = 3
_CALM = 1.0
_CLEAR = {"Debug": (409, 503, 504), "level": (412, 503)}


@dataclass
class Outcome:
    """One request: when it began and ended, its status (0: no connection) and what it said."""

    began: float
    ended: float
    status: int
    text: str


@dataclass
class Caller:
    """Asks without end, at whichever gateway answers."""

    session: aiohttp.ClientSession
    urls: list[str]
    method: str
    path: str
    body: dict[str, Any]
    outcomes: list[Outcome] = field(default_factory=list)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            began = time.perf_counter()
            try:
                async with self.session.request(
                    self.method, self.urls[0] + API_PATH + self.path, json=self.body
                ) as response:
                    status, text = response.status, await response.text()
            except (aiohttp.ClientError, OSError) as error:
                status, text = 0, str(error)
                self.urls.append(self.urls.pop(0))
            self.outcomes.append(Outcome(began, time.perf_counter(), status, text))
            await asyncio.sleep(0.05)

    def failures(self, since: float) -> list[Outcome]:
        """Requests that began after ``since`` and got no answer."""
        return [outcome for outcome in self.outcomes if outcome.ended > since and outcome.status != 200]

    def unclear(self, since: float) -> int:
        """Failures that no caller could make sense of; a gateway that is gone is seen by its connection."""
        name, what = self.path.partition("?")[0].split("/")[2:4]
        clear = _CLEAR[what]
        return sum(
            not (outcome.status == 0 or (outcome.status in clear and (what != "Debug" or name in outcome.text)))
            for outcome in self.failures(since)
        )


class Agent:
    """``corvo agent`` as people run it."""

    def __init__(self, etcd: str, number: int, folder: Path) -> None:
        self.name = f"node{number}-pen-npm"
        log = folder / f"{self.name}.log"
        log.write_text('{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"hello"}\n')
        words = ("agent", "--module", "pen-npm", "--node", f"node{number}", "--log-file", str(log), "--etcd", etcd)
        self._command = (sys.executable, "-m", "corvo_agent", *words, "--listen", "127.0.0.1:0")
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """A new process at a new address."""
        self.process = await asyncio.create_subprocess_exec(*self._command, stderr=asyncio.subprocess.DEVNULL)

    async def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it."""
        assert self.process is not None
        self.process.send_signal(number)
        await self.process.wait()

    def suspend(self, number: signal.Signals) -> None:
        """Let it hang (SIGSTOP) or go on (SIGCONT)."""
        assert self.process is not None
        self.process.send_signal(number)


async def calm(callers: list[Caller], since: float) -> float:
    """Wait until nobody's request has failed for a second; when the last one failed, 0.0 for none."""
    async with asyncio.timeout(60):
        while True:
            last = max((found.ended for caller in callers for found in caller.failures(since)), default=since)
            fresh = all(caller.outcomes and caller.outcomes[-1].began > last + _CALM for caller in callers)
            if fresh and time.perf_counter() > last + _CALM:
                return max(last - since, 0.0)
            await asyncio.sleep(0.05)


async def fault(what: str, callers: list[Caller], breaks: Callable[[], Awaitable[None]]) -> Row:
    """Let ``breaks`` break and mend something; a row of what the callers saw."""
    began = time.perf_counter()
    await breaks()
    mended = time.perf_counter()
    after = await calm(callers, mended)
    failed = [found for caller in callers for found in caller.failures(began)]
    slowest = max(found.ended - found.began for caller in callers for found in caller.outcomes if found.ended > began)
    return {
        "what": what,
        "value": round(after, 3),
        "goal": 5.0,
        "held": after <= 5.0 and not any(caller.unclear(began) for caller in callers),
        "requests": sum(found.ended > began for caller in callers for found in caller.outcomes),
        "failed": len(failed),
        "unclear": sum(caller.unclear(began) for caller in callers),
        "broken_s": round(mended - began, 2),
        "slowest_request_s": round(slowest, 2),
    }


async def announced(store: EtcdStore) -> set[bytes]:
    """What agents say of where they are."""
    return {item.value for item in (await store.range(BESIDE_PREFIX)).items if endpoint_name(item.key)}


@contextlib.asynccontextmanager
async def calling(urls: list[str], names: list[str]) -> AsyncIterator[list[Caller]]:
    """Callers of Debug and of level for every Module."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        callers = [
            Caller(session, list(urls), method, f"/modules/{name}/{what}", body)
            for name in names
            for method, what, body in (
                ("POST", "Debug?timeout=1s", {"query": "Log"}),
                ("PUT", "level", {"level": "Debug", "for": "10m"}),
            )
        ]
        tasks = [asyncio.create_task(caller.run()) for caller in callers]
        try:
            yield callers
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def run() -> None:
    """Each fault in turn."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = await stack.enter_async_context(EtcdCluster())
        store = await stack.enter_async_context(EtcdStore(EtcdOptions((cluster.endpoint,))))
        agents = [Agent(cluster.endpoint, number, folder) for number in range(AGENTS)]
        for agent in agents:
            await agent.start()
            stack.push_async_callback(agent.stop, signal.SIGKILL)
        gone = await stack.enter_async_context(contextlib.AsyncExitStack())
        first = await gone.enter_async_context(gateway_program(cluster.endpoint, AGENTS))
        second = await stack.enter_async_context(gateway_program(cluster.endpoint, AGENTS))
        names = [agent.name for agent in agents]
        async with calling([first[0], second[0]], names) as callers:
            await calm(callers, time.perf_counter())

            async def etcd_restarts() -> None:
                await cluster.members[0].kill()
                await asyncio.sleep(6)
                await cluster.members[0].start()

            async def agents_move() -> None:
                before = await announced(store)
                for agent in agents:
                    await agent.stop()
                    await agent.start()
                # A process that starts is not there yet: from when it says where it is, it has to be found.
                async with asyncio.timeout(60):
                    # Asked again and again: a request takes a while, and nobody tells.
                    while len(await announced(store) - before) < AGENTS:
                        pass

            async def agent_hangs() -> None:
                agents[0].suspend(signal.SIGSTOP)
                await asyncio.sleep(3)
                agents[0].suspend(signal.SIGCONT)

            async def gateway_dies() -> None:
                os.kill(first[1], signal.SIGKILL)
                await gone.aclose()

            rows = [
                await fault("etcd killed, started 6 s later", callers, etcd_restarts),
                await fault("all agents killed, started elsewhere", callers, agents_move),
                await fault("an agent hangs for 3 s", callers, agent_hangs),
                await fault("the gateway in use killed, another there", callers, gateway_dies),
            ]
    publish("gateway_faults", rows, "prometheus_client")


if __name__ == "__main__":
    asyncio.run(run())
