"""What a host beside an attacked agent has of it: how late its turns are, in three surroundings that take turns.

Calm: the agent beside it is asked nothing. Attacked: it is attacked. Loops: it is asked nothing, and plain loops take
the processor time that agent and attackers took just before, for what a busy machine costs without any agent: where
two processors share a core, each is slower while the other works, whatever it works at. Attackers and the loop in
their place run in idle time only: in life they are elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import psutil

from .profiled_load import Account, waited
from .report import Row, sure_median

ROUNDS, WINDOW, TURNS = 8, 2.5, 60
# Less of a processor is nothing to put a loop in its place for.
_LEAST = 0.005
# Seconds.
_PATIENCE = 60.0

#: Begins attackers and ends them again; the process that they are.
Attack = Callable[[], AbstractAsyncContextManager[psutil.Process]]


class Surroundings:
    """The turns of the host in one of them."""

    def __init__(self) -> None:
        #: Seconds from when each turn was due until it was done, by round.
        self.late: list[list[float]] = []
        #: Seconds of it for which the host was ready and had no processor.
        self.waited: list[float] = []

    async def round(self) -> None:
        """Turn for a while."""
        account, late, due = Account(), [], time.perf_counter()
        end, before = due + WINDOW, waited()
        while due < end:
            due += 1 / TURNS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            for number in range(100):
                account.book(number)
            late.append(time.perf_counter() - due)
            now = waited()
            self.waited.append(now - before)
            before = now
        self.late.append(late)

    def percentile(self, percent: int) -> float:
        """Milliseconds."""
        return percentile([each for late in self.late for each in late], percent)

    def row(self, what: str) -> Row:
        """The figures themselves."""
        return {
            "what": what,
            "p50_ms": round(self.percentile(50), 3),
            "p99_ms": round(self.percentile(99), 3),
            "p99_waiting_ms": round(percentile(self.waited, 99), 3),
        }


async def host_latency(agent: psutil.Process, attack: Attack) -> list[Row]:
    """The 99th percentile of the host's turns beside ``agent``, attacked beside calm and beside plain loops."""
    calm, attacked, loops = Surroundings(), Surroundings(), Surroundings()
    shares: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        await calm.round()
        async with attack() as attackers:
            began, before = time.perf_counter(), (_spent(agent), _spent(attackers))
            await attacked.round()
            seconds = time.perf_counter() - began
            taken = (_spent(agent) - before[0]) / seconds, (_spent(attackers) - before[1]) / seconds
        shares.append(taken)
        async with AsyncExitStack() as stack:
            for share, idle in zip(taken, (False, True), strict=True):
                # One thread of a Python process works at a time, but for what needs no interpreter lock.
                count = max(1, math.ceil(share - 0.1))
                for _ in range(count):
                    await stack.enter_async_context(_loop(min(1.0, share / count), idle=idle))
            await loops.round()
    processors = [round(statistics.mean(each), 2) for each in zip(*shares, strict=True)]
    return [
        calm.row("host, calm"),
        loops.row("host, plain loops beside it"),
        {**attacked.row("host, agent attacked"), "processors_agent_attackers": processors},
        _beside("host's p99, attacked beside calm", attacked, calm),
        _beside("host's p99, plain loops beside calm", loops, calm),
        _beside("host's p99, attacked beside plain loops", attacked, loops),
    ]


def percentile(seconds: list[float], percent: int) -> float:
    """Milliseconds below which ``percent`` of ``seconds`` are."""
    return statistics.quantiles(seconds, n=100)[percent - 1] * 1000


async def begun(process: asyncio.subprocess.Process) -> None:
    """Wait for the line by which a process says that it has begun.

    Raises RuntimeError after a minute: what runs in idle time only never begins on a machine without any.
    """
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_PATIENCE):
            await process.stdout.readline()
    except TimeoutError:
        process.kill()
        raise RuntimeError("the machine has no idle time, in which attackers run: nothing can be measured") from None


@contextlib.asynccontextmanager
async def _loop(share: float, *, idle: bool) -> AsyncIterator[None]:
    if share < _LEAST:
        yield
        return
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.plain_loop", str(share), *(("idle",) if idle else ()))
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    try:
        await begun(process)
        yield
    finally:
        process.stdin.close()
        await process.wait()


def _spent(process: psutil.Process) -> float:
    """Seconds of processor time."""
    times = process.cpu_times()
    return times.user + times.system


def _beside(what: str, one: Surroundings, other: Surroundings) -> Row:
    """The ratio of their 99th percentiles, and how sure it is.

    That is where the median of the rounds' ratios of the 95th percentiles is: a round has too few turns for a 99th.
    """
    value = one.percentile(99) / other.percentile(99)
    ratios = [percentile(a, 95) / percentile(b, 95) for a, b in zip(one.late, other.late, strict=True)]
    sure = [round(each, 2) for each in sure_median(ratios)]
    return {"what": what, "value": round(value, 3), "goal": 1.05, "held": value <= 1.05, "p95_by_round": sure}
