"""``python -m tests.world.soak``: a service whose workers are replaced all the time, under load, for as long as it is
told; it fails where a request failed, a worker had a wrong level for longer than a second, or anything was left over.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import http.client
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.names import BESIDE_PREFIX
from tests.stub.kit import becomes, hub_pid
from tests.world.running import NAME, Running, service
from tests.world.services import FLASK, KINDS, Kind

#: Seconds from its birth within which a worker has the level that its Module says.
WITHIN = 1.0
#: The levels that the Module gets in turn, by their numbers.
LEVELS = {"Debug": 10, "Error": 40}
_NAMES = {number: name for name, number in LEVELS.items()}
# What the application itself has.
_AS_CONFIGURED = 20
# Seconds for which each of them holds.
_HOLDS = 10.0
_CLIENTS = 4
# Seconds until a process holds no more descriptors than before, and until nothing is left over.
_SETTLES = 30.0
# Connections that are opened when they are first needed, and stay. One left by each worker would be dozens.
_ONCE = 2

# Each worker writes down when it was born, and each level that it has had since when; its file is touched as long as it
# lives. It looks 100 times a second.
_WATCHED = f"""
import logging, os, threading, time
from pathlib import Path

def watch_level():
    stat = Path("/proc/self/stat").read_text()
    ticks = int(stat[stat.rfind(")") + 2 :].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    born, last = time.time() - age, None
    with Path(os.environ["LEVELS"], f"{{os.getpid()}}-{{ticks}}").open("w", buffering=1) as file:
        print(born, -1, file=file)
        while True:
            level = logging.root.level
            if level != last:
                last = level
                print(time.time(), level, file=file)
            os.utime(file.fileno())
            time.sleep(0.01)

def begin():
    threading.Thread(target=watch_level, daemon=True).start()

os.register_at_fork(after_in_child=begin)
if os.environ["PRELOADED"] == "no":
    begin()
{FLASK}
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run: ``way`` is "start" or "run", ``rate`` the requests a second."""

    seconds: float = 1800.0
    rate: float = 40.0
    way: str = "run"
    preload: bool = False
    max_requests: int = 50


@dataclass(frozen=True, slots=True)
class Size:
    """What a process holds: descriptors, threads, resident memory in MB."""

    descriptors: int
    threads: int
    rss: float

    @classmethod
    def of(cls, pid: int) -> Size:
        """That of the process ``pid``."""
        process = psutil.Process(pid)
        return cls(process.num_fds(), process.num_threads(), round(process.memory_info().rss / 1e6, 1))


class _Load:
    """Clients, each in a thread, that ask as often as ``rate`` says while they are ``let``."""

    def __init__(self, port: int, rate: float) -> None:
        self.let = threading.Event()
        self.requests = 0
        self.failures: list[str] = []
        self._idle = threading.Semaphore(_CLIENTS)
        self._port = port
        self._pause = _CLIENTS / rate
        self.stopped = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(_CLIENTS)]

    def __enter__(self) -> _Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopped.set()
        self.let.set()
        for thread in self._threads:
            thread.join()

    def rest(self) -> None:
        """Wait until no request is on its way; blocks."""
        self.let.clear()
        for _ in range(_CLIENTS):
            self._idle.acquire()
        self._idle.release(_CLIENTS)

    def _ask_on(self) -> None:
        while not self.stopped.wait(self._pause):
            self.let.wait()
            with self._idle:
                if self.let.is_set() and not self.stopped.is_set():
                    self._ask()

    def _ask(self) -> None:
        self.requests += 1
        client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            client.request("GET", "/")
            answer = client.getresponse()
            answer.read()
            if answer.status != 200:
                self.failures.append(f"status {answer.status}")
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(repr(error))
        finally:
            client.close()


@dataclass(frozen=True, slots=True)
class Life:
    """One worker: when it was born, when it was seen last, and since when it has had which level."""

    born: float
    seen: float
    levels: tuple[tuple[float, int], ...]

    @classmethod
    def read(cls, path: Path) -> Life:
        """What the worker has written to ``path``."""
        lines = [line.split() for line in path.read_text().splitlines()]
        times = [(float(moment), int(level)) for moment, level in lines]
        return cls(times[0][0], path.stat().st_mtime, tuple(times))

    def wrong(self, said: list[tuple[float, int]]) -> Iterator[tuple[float, float]]:
        """When it had another level than the Module, as ``said``: from and until."""
        changed = (moment for moment, _ in (*self.levels, *said) if self.born < moment < self.seen)
        moments = sorted({self.born, *changed})
        begun: float | None = None
        for moment in moments:
            if _at(self.levels, moment) == _at(said, moment):
                if begun is not None:
                    yield begun, moment
                begun = None
            elif begun is None:
                begun = moment
        if begun is not None:
            yield begun, self.seen


def _at(levels: list[tuple[float, int]] | tuple[tuple[float, int], ...], moment: float) -> int:
    return levels[max(0, bisect.bisect_right(levels, (moment, sys.maxsize)) - 1)][1]


@dataclass(slots=True)
class Figures:
    """What came out. Times are in seconds."""

    requests: int = 0
    failures: list[str] = field(default_factory=list)
    #: Of each worker: from its birth until it had the level that the Module said.
    births: list[float] = field(default_factory=list)
    #: From the writing of a level until a worker had it.
    changes: list[float] = field(default_factory=list)
    #: The processes that were hubs, and what they and the first process held: after a while, and at the end.
    hubs: set[int] = field(default_factory=set)
    hub: list[Size] = field(default_factory=list)
    first: list[Size] = field(default_factory=list)
    #: What was still there after the end: processes, keys.
    left: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(
            (
                f"requests {self.requests}, failed {len(self.failures)} {self.failures[:3] or ''}",
                f"workers born {len(self.births)}; from birth to the right level {_spread(self.births)}; later than"
                f" {WITHIN:g} s: {self.late}",
                f"a change of level takes {_spread(self.changes)} to a worker",
                f"hubs {len(self.hubs)}; hub then {self.hub[0]}, now {self.hub[-1]}",
                f"first process then {self.first[0]}, now {self.first[-1]}",
                f"left over: {self.left or 'nothing'}",
            )
        )

    @property
    def late(self) -> int:
        """Workers that had no right level within ``WITHIN``."""
        return sum(seconds > WITHIN for seconds in self.births)

    @property
    def holds(self) -> bool:
        """Whether nothing failed, grew, was left over or replaced; how long anything took aside."""
        grown = any(then.descriptors + _ONCE < now.descriptors for then, now in (self.hub, self.first))
        return not (self.failures or self.left or grown) and len(self.hubs) == 1 and bool(self.births)

    def read(self, folder: Path, said: list[tuple[float, int]]) -> None:
        """Take in what the workers have written to ``folder``; ``said`` are the Module's levels, each from a moment on.

        Those that were there before the first level was said are none to be looked at: the application itself had not
        set up its own then.
        """
        # One that has ended before it wrote anything has no level to be looked at.
        for life in (Life.read(path) for path in folder.iterdir() if path.stat().st_size):
            wrong = list(life.wrong(said))
            first = wrong.pop(0) if wrong and wrong[0][0] == life.born else (life.born, life.born)
            if life.born > said[1][0]:
                self.births.append(first[1] - first[0])
                self.changes += [until - since for since, until in wrong]


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "none"
    return f"median {statistics.median(seconds):.3f} s, slowest {max(seconds):.3f} s"


def _kind(plan: Plan) -> tuple[Kind, int]:
    name = "gunicorn-preload-flask" if plan.preload else "gunicorn-sync-flask"
    kind = next(each for each in KINDS if each.name == name)
    watched = Kind(kind.name, kind.needs, _WATCHED, kind.command, kind.by_start, kind.by_run)
    return watched, kind.by_start if plan.way == "start" else kind.by_run


async def soak(plan: Plan, etcd: EmbeddedEtcd, folder: Path) -> Figures:
    """Run it; ``folder`` is for what the workers write down."""
    kind, count = _kind(plan)
    figures, said = Figures(), [(0.0, _AS_CONFIGURED)]
    running = service(
        kind,
        etcd,
        by_start=plan.way == "start",
        options=f"--max-requests {plan.max_requests}",
        environment={"LEVELS": str(folder), "PRELOADED": "yes" if plan.preload else "no"},
    )
    async with EtcdStore(EtcdOptions((etcd.endpoint,))) as kv:
        async with running as run:
            await becomes(lambda: run.all_at("as-configured", count))
            session = os.getsid(run.process.pid)
            with _Load(run.port, plan.rate) as load:
                # Of so many, one of the processes has taken as many as it may, and was replaced.
                for seconds, least in ((plan.seconds / 10, 0), (plan.seconds, 2 * count * plan.max_requests)):
                    await _under_load(run, load, seconds, least, figures, said)
                    await becomes(lambda: run.all_at(_NAMES[said[-1][1]], count))
                    await _size(figures.hub, await asyncio.to_thread(hub_pid, run.socket))
                    await _size(figures.first, run.process.pid)
                figures.requests, figures.failures = load.requests, load.failures
        await _settles(lambda: _is_clean(figures, kv, session))
    await asyncio.to_thread(figures.read, folder, said)
    return figures


async def _size(sizes: list[Size], pid: int) -> None:
    """Add that of the process; descriptors more than before have a while to be those of workers that come and go."""
    if sizes:
        await _settles(lambda: _is_as_before(sizes[0], pid))
    sizes.append(Size.of(pid))


async def _settles(true: Callable[[], Awaitable[object]]) -> None:
    """Wait until ``true`` says so, and not for ever: what is found then is for the figures to say."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_SETTLES):
            await becomes(true)


async def _is_clean(figures: Figures, kv: EtcdStore, session: int) -> bool:
    """Whether nothing is left over, which goes into the figures: what was killed may take a moment to end."""
    left = (await kv.range(f"{BESIDE_PREFIX}{NAME}/")).items
    figures.left = [f"key {item.key}" for item in left] + list(_processes(session))
    return not figures.left


async def _is_as_before(before: Size, pid: int) -> bool:
    return Size.of(pid).descriptors <= before.descriptors + _ONCE


async def _under_load(
    run: Running, load: _Load, seconds: float, least: int, figures: Figures, said: list[tuple[float, int]]
) -> None:
    """So many seconds of it, and more where it takes them until there were ``least`` requests."""
    end = time.monotonic() + seconds
    load.let.set()
    while (left := end - time.monotonic()) > 0 or load.requests < least:
        level = "Debug" if said[-1][1] != LEVELS["Debug"] else "Error"
        said.append((time.time(), LEVELS[level]))
        await run.store.set_level(NAME, level)
        await asyncio.to_thread(load.stopped.wait, min(_HOLDS, max(left, 1.0)))
        figures.hubs.add(await asyncio.to_thread(hub_pid, run.socket))
    await asyncio.to_thread(load.rest)


def _processes(session: int) -> Iterator[str]:
    """Those of a session that are still there."""
    for process in psutil.process_iter(["pid", "cmdline"]):
        with suppress(ProcessLookupError):
            if os.getsid(process.pid) == session:
                yield f"process {process.pid}: {' '.join(process.info['cmdline'] or ())}"


def main() -> int:
    """Run it; its figures go to standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--rate", type=float, default=40.0, help="requests a second")
    parser.add_argument("--way", choices=("start", "run"), default="run")
    parser.add_argument("--preload", action="store_true")
    parser.add_argument("--max-requests", type=int, default=50)
    plan = Plan(**vars(parser.parse_args()))

    async def run(folder: Path) -> Figures:
        async with EmbeddedEtcd() as etcd:
            return await soak(plan, etcd, folder)

    with tempfile.TemporaryDirectory(prefix="corvo-soak-") as folder:
        figures = asyncio.run(run(Path(folder)))
    sys.stdout.write(f"{plan}\n{figures}\n")
    return 0 if figures.holds and not figures.late else 1


if __name__ == "__main__":
    sys.exit(main())
