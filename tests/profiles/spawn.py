"""Processes to look into, and waiting for what happens to them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from corvo_agent.profiles.pprof.model import Profile, Sample
from corvo_agent.profiles.sampling.engine import Recording

LOADS = Path(__file__).with_name("loads.py")


@contextlib.contextmanager
def running(*command: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process that says ``ready`` and ends when its standard input is closed."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"ready"
            yield process
        finally:
            process.kill()


def load(
    name: str, *arguments: str, options: Sequence[str] = (), python: str = sys.executable
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """A load of ``loads.py`` in a Python of its own."""
    return running(python, *options, str(LOADS), name, *arguments)


def burnt(process: subprocess.Popen[bytes]) -> float:
    """Let the main thread of a load that is idle burn, and wait until it has: seconds, by its own clock."""
    process.send_signal(signal.SIGUSR1)
    assert process.stdout is not None
    return float(process.stdout.readline())


@contextlib.contextmanager
def crowded(threads: Iterable[int]) -> Iterator[None]:
    """These threads, by their kernel numbers, on one processor that two other processes want all the time."""
    core = {min(os.sched_getaffinity(0))}
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            burner = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(burner.kill)
            os.sched_setaffinity(burner.pid, core)
        for tid in threads:
            os.sched_setaffinity(tid, core)
        yield


@functools.cache
def pythons() -> dict[str, str]:
    """The Pythons of this machine by their versions: this one, those beside it, and those on PATH."""
    found: dict[str, str] = {}
    beside = Path(sys.base_prefix).parent.glob("3.*/bin/python3")
    on_path = (shutil.which(f"python3.{minor}") for minor in range(8, 16))
    for program in (sys.executable, *sorted(map(str, beside)), *on_path):
        if program is None:
            continue
        asked = [program, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        version = done.stdout.strip()
        # py-spy knows those of 3.8 and later.
        if done.returncode == 0 and int(version.partition(".")[2]) >= 8:
            found.setdefault(version, program)
    return found


def told_by(process: subprocess.Popen[bytes], recording: Recording) -> dict[str, float]:
    """Processor seconds of each function of ``told_shares`` while ``recording`` was made; the load ends."""
    began, ended = recording.time_ns, recording.time_ns + recording.duration_ns
    spent: dict[str, float] = {}
    for name, start, end, used in json.loads(last_words(process)):
        inside = max(min(end, ended) - max(start, began), 0) / max(end - start, 1)
        spent[name] = spent.get(name, 0.0) + used * inside / 1e9
    return spent


def last_words(process: subprocess.Popen[bytes]) -> bytes:
    """Let a load end; what it says then."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    return process.stdout.read()


async def until(condition: Callable[[], object]) -> None:
    """Wait until ``condition`` holds; the test's timeout bounds it."""
    while not condition():  # noqa: ASYNC110 - what other processes do has no event
        await asyncio.sleep(0.01)


def gone(pid: int) -> bool:
    """Whether there is no process ``pid`` any more."""
    return not Path(f"/proc/{pid}").exists()


def shares_of(samples: Sequence[Sample] | Profile, names: Sequence[str]) -> dict[str, float]:
    """Percent of the last value of all samples in which a function so called stands, without its module."""
    found = list(samples.samples if isinstance(samples, Profile) else samples)
    inside = dict.fromkeys(names, 0)
    for sample in found:
        for name in {frame.function.rpartition(".")[2] for frame in sample.stack} & set(names):
            inside[name] += sample.values[-1]
    total = sum(inside.values())
    return {name: 100 * value / total for name, value in inside.items()}


def child_says(question: Callable[[], bool]) -> bool:
    """The answer of a child made by fork, to which only this thread comes along."""
    with warnings.catch_warnings():
        # From 3.12 on Python warns of a fork beside other threads, which is what is tried here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os._exit(0 if question() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@contextlib.contextmanager
def other_interpreter() -> Iterator[Callable[[str], object]]:
    """A second interpreter in this process, and what runs code in it."""
    try:
        interpreters = importlib.import_module("_interpreters")
    except ImportError:  # before 3.13
        interpreters = importlib.import_module("_xxsubinterpreters")
    other = interpreters.create()
    try:
        yield lambda code: interpreters.run_string(other, code)
    finally:
        interpreters.destroy(other)
