"""Processes to look into, and waiting for what happens to them."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from corvo_agent.profiles.pprof.model import Profile, Sample

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
    name: str, *arguments: str, options: Sequence[str] = ()
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """A load of ``loads.py`` in a Python of its own."""
    return running(sys.executable, *options, str(LOADS), name, *arguments)


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
