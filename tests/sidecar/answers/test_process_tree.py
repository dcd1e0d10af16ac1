"""A service of several processes is looked at as a whole when that is asked for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from corvo_agent.errors import InvalidArgument, NotFound
from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.pprof.model import Profile
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.sidecar.answers.process_profiles import process_kinds
from corvo_agent.sidecar.answers.process_tree import python_tree
from corvo_agent.sidecar.target.process import target_of_pid
from tests.profiles.spawn import running

# A master that waits, and two workers at work that end with it.
MASTER = """
import os, sys, threading
def work():
    while True:
        sum(range(1000))
for _ in range(2):
    if not os.fork():
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        work()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def master() -> Iterator[subprocess.Popen[bytes]]:
    with running(sys.executable, "-c", MASTER) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


async def take(process: subprocess.Popen[bytes], kind: str, seconds: float | None = None, **asked: str) -> Profile:
    kinds = {each.name: each for each in process_kinds(target_of_pid(process.pid))}
    return decode(await kinds[kind].take(ProfileRequest(seconds, {"budget": "100", **asked})))


def processes(profile: Profile) -> set[object]:
    return {label.value for sample in profile.samples for label in sample.labels if label.key == "process"}


async def test_the_processes_below_it_are_in_its_profile_when_asked_for(master: subprocess.Popen[bytes]) -> None:
    alone = await take(master, "profile", 0.5)
    whole = await take(master, "profile", 0.5, children="yes")
    workers = set(python_tree(master.pid)[0]) - {master.pid}
    assert len(workers) == 2
    assert not any(frame.function.endswith("work") for sample in alone.samples for frame in sample.stack)
    assert "2 processes below it run Python: children=yes profiles them, too" in alone.comments
    assert processes(whole) == workers
    assert any(re.match(f"3 processes: {master.pid}, ", comment) for comment in whole.comments)


async def test_so_are_their_threads(master: subprocess.Popen[bytes]) -> None:
    assert processes(await take(master, "goroutine", children="yes")) == set(python_tree(master.pid)[0])
    assert processes(await take(master, "goroutine")) == set()
    with pytest.raises(InvalidArgument, match="valid: yes, no"):
        await take(master, "goroutine", children="perhaps")


def test_no_process_is_not_found() -> None:
    with pytest.raises(NotFound):
        python_tree(2**22 + 1)


def test_children_that_run_no_python_are_not_in_it() -> None:
    script = "import subprocess, sys; cat = subprocess.Popen(['cat']); print('ready', flush=True); sys.stdin.read()"
    with running(sys.executable, "-c", script) as process:
        assert python_tree(process.pid) == ([process.pid], 0)
        assert len(os.listdir(f"/proc/{process.pid}/task")) == 1
        assert process.stdin is not None
        process.stdin.close()
