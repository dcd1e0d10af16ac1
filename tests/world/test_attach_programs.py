"""Programs as people run them, which were not prepared: ``corvo attach`` shows what they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from corvo_agent.sidecar.processes.python_process import python_below
from tests.cli.kit import Outcome, run_here
from tests.profiles.spawn import running

from .machine import needs

_HANDLE = """
def handle():
    return sum(number * number for number in range(20000))
"""
TRIO = f"""{_HANDLE}
import trio
async def worker():
    while True:
        handle()
        await trio.sleep(0)
async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker)
        print("ready", flush=True)
trio.run(main)
"""
UVLOOP = f"""{_HANDLE}
import asyncio, uvloop
async def main():
    print("ready", flush=True)
    while True:
        handle()
        await asyncio.sleep(0)
uvloop.run(main())
"""
GEVENT = f"""
from gevent import monkey; monkey.patch_all()
import gevent
{_HANDLE}
def worker():
    while True:
        handle()
        gevent.sleep(0)
greenlet = gevent.spawn(worker)
print("ready", flush=True)
greenlet.join()
"""
NUMPY = """
import numpy
def handle(square):
    return square @ square
square = numpy.ones((400, 400))
print("ready", flush=True)
while True:
    handle(square)
"""
FROZEN = f"""{_HANDLE}
print("ready", flush=True)
while True:
    handle()
"""
# Tasks of Celery: one that never ends, from when the worker is ready.
JOBS = f"""{_HANDLE}
import os
from celery import Celery
from celery.signals import worker_ready
app = Celery("shop", broker="memory://", backend="cache+memory://")
@app.task
def work():
    os.write(1, b"ready\\n")
    while True:
        handle()
worker_ready.connect(lambda **_: work.delay(), weak=False)
"""
# The application of gunicorn: each worker is busy.
APPLICATION = f"""{_HANDLE}
import os, threading
def serve():
    handle()
    open(f"ready-{{os.getpid()}}", "w").close()
    while True:
        handle()
threading.Thread(target=serve, daemon=True).start()
def app(environment, start_response):
    raise NotImplementedError
"""


def profile_of(pid: int, folder: Path, *options: str) -> Outcome:
    """What ``corvo attach PID profile cpu`` shows."""
    asked = ("profile", "cpu", "budget=100", "--seconds", "1", "-o", str(folder / "profile.pb.gz"), *options)
    outcome = run_here("attach", str(pid), *asked)
    assert outcome.code == 0, outcome.err
    return outcome


def at_work(pid: int, folder: Path, *options: str) -> str:
    """The same of a process that is busy, whose second may go by without a processor."""
    while not (outcome := profile_of(pid, folder, *options)).rows:
        pass
    return outcome.out


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(TRIO, marks=needs("trio"), id="trio"),
        pytest.param(UVLOOP, marks=needs("uvloop"), id="uvloop"),
        pytest.param(GEVENT, marks=needs("gevent"), id="gevent"),
        pytest.param(NUMPY, marks=needs("numpy"), id="numpy"),
    ],
)
def test_its_own_function_is_where_the_time_goes(program: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(program)
    with running(sys.executable, str(tmp_path / "shop.py")) as process:
        assert "shop.handle" in at_work(process.pid, tmp_path)
        stacks = run_here("attach", str(process.pid), "stacks", "--frames", "50")
    assert "shop" in stacks.out, stacks.err


@contextmanager
def gunicorn(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A master and two workers."""
    (folder / "shop.py").write_text(APPLICATION)
    command = [str(Path(sys.executable).with_name("gunicorn")), "-w", "2", "-b", f"unix:{folder}/socket", "shop:app"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        try:
            while len(list(folder.glob("ready-*"))) < 2:
                assert process.poll() is None
                time.sleep(0.05)
            yield process
        finally:
            process.terminate()


@needs("gunicorn")
def test_the_workers_of_a_master_are_profiled_with_it(tmp_path: Path) -> None:
    with gunicorn(tmp_path) as master:
        assert "shop.handle" not in profile_of(master.pid, tmp_path).out
        assert "shop.handle" in at_work(master.pid, tmp_path, "--children")


@needs("celery")
def test_what_a_worker_of_celery_works_on_is_in_the_process_below_it(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(JOBS)
    celery = str(Path(sys.executable).with_name("celery"))
    command = [celery, "-A", "shop", "worker", "-c", "1", "-l", "CRITICAL", "--without-mingle"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            assert process.stdout is not None
            while b"ready" not in process.stdout.readline():
                assert process.poll() is None
            found = at_work(process.pid, tmp_path, "--children")
        finally:
            # With all that is below it, at once: a task that never ends is waited for else.
            for pid in (*python_below(process.pid), process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    assert "shop.handle" in found


@needs("PyInstaller")
@pytest.mark.timeout(600)
def test_a_frozen_program_is_looked_into_where_it_runs_python(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(FROZEN)
    build = [sys.executable, "-m", "PyInstaller", "--onefile", "--log-level", "ERROR", "shop.py"]
    subprocess.run(build, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # It unpacks itself there, and is killed before it can clean up.
    with running(str(tmp_path / "dist" / "shop"), env={**os.environ, "TMPDIR": str(tmp_path)}) as process:
        (inner,) = python_below(process.pid)
        try:
            outer = run_here("attach", str(process.pid))
            found = at_work(inner, tmp_path)
        finally:
            os.kill(inner, signal.SIGKILL)
    # What unpacks it runs no Python, and says where that is.
    assert f"what is below it does: {inner}" in outer.err
    assert "shop.handle" in found
