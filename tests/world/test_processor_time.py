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
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from corvo_agent.profiles.pprof.model import Label
from corvo_agent.profiles.sampling.engine import Recording, SamplingOrder
from corvo_agent.profiles.sampling.py_spy import PySpy
from tests.profiles.loads import SHARES
from tests.profiles.spawn import burnt, crowded, load, pythons, shares_of, told_by, until

from .machine import needs

pytestmark = [needs("root"), pytest.mark.timeout(300)]

VERSIONS = pytest.mark.parametrize("version", sorted(pythons()))
# No divisor of the loads' cycle, so that looks fall everywhere in it.
ORDER = SamplingOrder(seconds=4.0, hz=397, budget=100)
_STATED = re.compile(r"(\d+) % of the looks were at moments without a processor")
# Points at which one recording is enough, and how many there are at most.
_EXACT, _MOST = 3.0, 6
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


async def compared(python: str, *idle: str) -> tuple[Recording, dict[str, float]]:
    """A recording of a load that has a core nearly to itself, and what it really spent meanwhile."""
    with load("told_shares", *idle, python=python) as process, preferred(process.pid):
        recording = await PySpy(process.pid).record(ORDER)
        truth = told_by(process, recording)
    # What each thread is said to have used is what it used, by its own clock.
    assert seconds_of(recording, process.pid) == pytest.approx(sum(truth.values()), rel=0.05)
    assert seconds_of(recording) - seconds_of(recording, process.pid) < 0.05 * seconds_of(recording)
    return recording, truth


def together(recordings: Sequence[Recording]) -> Recording:
    """As if they were one."""
    return replace(
        recordings[0],
        samples=[sample for each in recordings for sample in each.samples],
        spread=sum(each.spread for each in recordings),
        doubted=sum(each.doubted for each in recordings),
    )


def off_by(recording: Recording, truth: Mapping[str, float]) -> float:
    """Points by which the share that is worst is off."""
    found, total = shares_of(recording.samples, list(SHARES)), sum(truth.values())
    return max(abs(found[name] - 100 * seconds / total) for name, seconds in truth.items())


@VERSIONS
@pytest.mark.parametrize("idle", [0, 40])
async def test_on_a_core_of_its_own_totals_are_right_within_5_percent_and_shares_within_5_points(
    version: str, idle: int
) -> None:
    recordings: list[Recording] = []
    truth: Counter[str] = Counter()
    # As many looks as it takes for 5 points: of many threads, and where others want the processors, there are few.
    while len(recordings) < _MOST and (not recordings or together(recordings).error_points > _EXACT):
        recording, spent = await compared(pythons()[version], str(idle))
        recordings.append(recording)
        truth.update(spent)
    whole = together(recordings)
    assert off_by(whole, truth) <= max(5, 2 * whole.error_points), whole.notes


@pytest.mark.timeout(600)
async def test_the_error_that_is_stated_holds_in_19_of_20_recordings() -> None:
    order = SamplingOrder(seconds=0.7, hz=211, budget=100)
    outside = taken = 0
    # Of 24 with a chance of one in twenty each, 5 are outside once in 200 times: then more are looked at, for of 60 it
    # is 12 once in 50000 times.
    for recordings, most in ((24, 5), (60, 12)):
        while taken < recordings:
            with load("told_shares") as process:
                recording = await PySpy(process.pid).record(order)
                truth = told_by(process, recording)
            outside += off_by(recording, truth) > recording.error_points
            taken += 1
        if outside < most:
            break
    assert outside < most


@VERSIONS
async def test_on_a_crowded_core_the_answer_says_how_far_shares_may_be_off(version: str) -> None:
    with (
        load("told_shares", python=pythons()[version]) as process,
        crowded(map(int, os.listdir(f"/proc/{process.pid}/task"))),
    ):
        recording = await PySpy(process.pid).record(ORDER)
        truth = told_by(process, recording)
    assert any(_STATED.match(note) for note in recording.notes)
    # What is stated holds in 19 of 20 times: twice that nearly always.
    assert off_by(recording, truth) <= 2 * recording.error_points, recording.notes
    assert recording.error_points < 50


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
    found = shares_of(recording.samples, list(SHARES))
    assert max(abs(found[name] - share) for name, share in SHARES.items()) <= 2 * recording.error_points, (
        recording.notes
    )
