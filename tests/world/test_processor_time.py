"""A CPU profile against the kernel's clocks: a core to itself, a core with others, a quota; each Python that is here.

The loads measure themselves by their threads' own clocks, so nothing here depends on how busy the machine is; where
shares cannot be exact, the answer has to say how far they may be off.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from corvo_agent.profiles.pprof.model import Label
from corvo_agent.profiles.sampling.engine import Recording, SamplingOrder
from corvo_agent.profiles.sampling.py_spy import PySpy
from tests.profiles.loads import SHARES
from tests.profiles.spawn import burnt, crowded, load, pythons, shares_of, until

from .machine import needs

pytestmark = [needs("root"), pytest.mark.timeout(300)]

VERSIONS = pytest.mark.parametrize("version", sorted(pythons()))
# No divisor of the loads' cycle, so that looks fall everywhere in it.
ORDER = SamplingOrder(seconds=4.0, hz=211, budget=100)
_STATED = re.compile(r"(\d+) % of the looks were at moments without a processor")
_GROUPS = Path("/sys/fs/cgroup")


@contextmanager
def preferred(pid: int) -> Iterator[None]:
    """The process has a core nearly to itself, whatever else wants it: that waits for a hundredth of the time left."""
    core = {max(os.sched_getaffinity(0))}
    for tid in map(int, os.listdir(f"/proc/{pid}/task")):
        os.sched_setaffinity(tid, core)
        os.setpriority(os.PRIO_PROCESS, tid, -20)
    yield


@contextmanager
def quota(pid: int, percent: int) -> Iterator[None]:
    """The process in a control group of its own that may use so much of one processor; skips where none can be made."""
    first = (_GROUPS / "cpu") if (_GROUPS / "cpu").is_dir() else _GROUPS
    group = first / f"corvo-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    try:
        try:
            if (group / "cpu.max").exists():
                (group / "cpu.max").write_text(f"{percent * 1000} 100000")
            else:
                (group / "cpu.cfs_quota_us").write_text(str(percent * 1000))
            (group / "cgroup.procs").write_text(str(pid))
        except OSError as error:
            pytest.skip(f"no quota can be set here: {error}")
        yield
    finally:
        for each in (group / "cgroup.procs").read_text().split():
            (first / "cgroup.procs").write_text(each)
        group.rmdir()


def seconds_of(recording: Recording, tid: int = 0) -> float:
    return sum(each.values[1] for each in recording.samples if not tid or Label("tid", tid) in each.labels) / 1e9


def stated(recording: Recording) -> float:
    """By how many points shares may be wrong, as the answer says."""
    return max((float(found[1]) for note in recording.notes if (found := _STATED.match(note))), default=0.0)


def errors(recording: Recording) -> dict[str, float]:
    found = shares_of(recording.samples, list(SHARES))
    return {name: abs(found[name] - share) for name, share in SHARES.items()}


async def burnt_while_sampled(process: subprocess.Popen[bytes]) -> tuple[Recording, float]:
    """A recording in which the main thread burned, and for how long by its own clock."""

    def sampling() -> list[psutil.Process]:
        # Those that are at work: starting takes them less.
        children = psutil.Process().children()
        return [each for each in children if each.name() == "py-spy" and sum(each.cpu_times()[:2]) > 0.2]

    task = asyncio.create_task(PySpy(process.pid).record(SamplingOrder(120, hz=211, budget=100)))
    await until(sampling)
    seconds = await asyncio.to_thread(burnt, process)
    for each in sampling():
        # It ends early, as if its time was over.
        each.send_signal(signal.SIGINT)
    return await task, seconds


@VERSIONS
async def test_on_a_core_of_its_own_shares_are_right_within_5_points(version: str) -> None:
    # A py-spy that had to wait for a processor makes up for it in a burst: then one recording proves nothing.
    for _ in range(4):
        with load("shares", python=pythons()[version]) as process, preferred(process.pid):
            recording = await PySpy(process.pid).record(ORDER)
        found = errors(recording)
        if max(found.values()) <= 5:
            break
    assert max(found.values()) <= 5, (found, recording.notes)


@VERSIONS
async def test_on_a_crowded_core_the_answer_says_how_far_shares_may_be_off(version: str) -> None:
    for _ in range(4):
        with (
            load("shares", python=pythons()[version]) as process,
            crowded(map(int, os.listdir(f"/proc/{process.pid}/task"))),
        ):
            recording = await PySpy(process.pid).record(ORDER)
        found = errors(recording)
        if max(found.values()) <= stated(recording) + 5:
            break
    assert stated(recording) > 5
    assert max(found.values()) <= stated(recording) + 5, (found, recording.notes)


async def test_under_a_quota_totals_are_the_kernel_s_and_the_waiting_is_told() -> None:
    with load("idle", "40") as process, quota(process.pid, 20):
        recording, seconds = await burnt_while_sampled(process)
    assert seconds_of(recording, process.pid) == pytest.approx(seconds, rel=0.05, abs=0.03)
    assert seconds_of(recording) == pytest.approx(seconds, rel=0.05, abs=0.03)
    assert any("for a processor, held back by a quota or by others" in note for note in recording.notes)


async def test_under_a_quota_the_answer_says_how_far_shares_may_be_off() -> None:
    with load("shares") as process, quota(process.pid, 20):
        recording = await PySpy(process.pid).record(ORDER)
    assert seconds_of(recording) <= 0.2 * recording.duration_ns / 1e9 * 1.5
    assert max(errors(recording).values()) <= stated(recording) + 5, recording.notes
