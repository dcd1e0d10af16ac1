"""py-spy tells the truth about known loads, in this process and in others, and is refused where it has to be."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import psutil
import pytest

from corvo_agent.errors import DeadlineExceeded, NotFound, Unsupported
from corvo_agent.profiles.pprof.model import Label
from corvo_agent.profiles.sampling import py_spy
from corvo_agent.profiles.sampling.engine import Mode, Recording, SamplingOrder
from corvo_agent.profiles.sampling.kernel_clocks import runs
from corvo_agent.profiles.sampling.py_spy import PySpy
from corvo_agent.profiles.sampling.py_spy_process import find_py_spy
from tests.world.machine import needs

from ..loads import SHARES, Once, Running, native, shares
from ..spawn import burnt, crowded, load, pythons, running, shares_of, told_by, until

# No divisor of the loads' cycle, so that looks fall everywhere in it; and no bound on the cost.
ORDER = SamplingOrder(seconds=2.0, hz=211, budget=100)
SHORT = SamplingOrder(seconds=0.5, budget=100)
OWN = "{}.{}".format(*sys.version_info)


def sampling() -> list[psutil.Process]:
    """The py-spy processes that this one has started and that are at work: starting takes them less."""
    children = psutil.Process().children()
    return [child for child in children if child.name() == "py-spy" and sum(child.cpu_times()[:2]) > 0.2]


async def test_known_shares_of_another_process_come_back_as_exact_as_is_said() -> None:
    with load("told_shares") as process:
        recording = await PySpy(process.pid).record(ORDER)
        truth = told_by(process, recording)
    found = shares_of(recording.samples, list(SHARES))
    shares = {name: 100 * seconds / sum(truth.values()) for name, seconds in truth.items()}
    # It says what holds in 19 of 20 times: twice that in all but one of some ten thousand.
    assert found == pytest.approx(shares, abs=2 * recording.error_points)
    assert recording.error_points > 2


async def test_the_answer_tells_what_was_asked_and_taken_and_where_functions_begin() -> None:
    with load("shares") as process:
        for _ in range(10):
            recording = await PySpy(process.pid).record(SHORT)
            # None, or more, when one of the two stood still.
            if 0 < recording.taken <= recording.asked + 1:
                break
    assert recording.engine == "py-spy"
    assert recording.asked == 50
    # Fewer where the machine is busy.
    assert 0 < recording.taken <= recording.asked + 1
    burning = next(
        frame for each in recording.samples for frame in each.stack if frame.function == "tests.profiles.loads.heavy"
    )
    assert burning.filename.endswith("loads.py")
    assert 0 < burning.start_line < burning.line


async def test_this_process_can_be_sampled_from_outside() -> None:
    with Running(shares):
        recording = await PySpy().record(SHORT)
    names = {frame.function for each in recording.samples for frame in each.stack}
    assert "tests.profiles.loads.heavy" in names


async def test_native_code_without_the_gil_counts_but_not_for_the_gil() -> None:
    with Running(native):
        cpu = await PySpy().record(SHORT)
        gil = await PySpy().record(SamplingOrder(0.5, mode=Mode.GIL, budget=100))
    assert shares_of(cpu.samples, ["native"])["native"] == 100
    in_native = [each.values[0] for each in gil.samples if "native" in str(each.stack)]
    assert sum(in_native) < gil.taken / 2


async def test_wall_time_includes_those_that_wait() -> None:
    with load("idle", "3") as process:
        recording = await PySpy(process.pid).record(SamplingOrder(0.5, mode=Mode.WALL, budget=100))
    threads = {label.value for each in recording.samples for label in each.labels}
    assert {"MainThread", "idle-0", "idle-1", "idle-2"} <= threads


async def test_a_deep_recursion_is_seen_whole() -> None:
    with load("recursion") as process:
        recording = await PySpy(process.pid).record(SHORT)
    assert max(len(each.stack) for each in recording.samples) > 600


async def test_a_rate_that_costs_too_much_is_lowered() -> None:
    with load("shares", "40") as process:
        recording = await PySpy(process.pid).record(SamplingOrder(1.5, hz=100, budget=0.2))
    assert any("rate lowered to 5 Hz" in note for note in recording.notes)
    assert recording.taken < recording.asked / 2


async def test_many_threads_make_it_unfit() -> None:
    with load("idle", "100") as process:
        assert "threads it can afford" in PySpy(process.pid).unfit(SamplingOrder(1))
        assert PySpy(process.pid).unfit(SamplingOrder(1, budget=100)) == ""


async def test_a_dump_has_every_thread() -> None:
    with load("idle", "2") as process:
        threads = await PySpy(process.pid).dump()
    assert {"MainThread", "stdin", "idle-0", "idle-1"} == {thread.name for thread in threads}
    main = next(thread for thread in threads if thread.name == "MainThread")
    assert main.stack[-1].function == "tests.profiles.loads.<module>"
    assert main.native_id == process.pid


@pytest.mark.parametrize("version", sorted(pythons()))
async def test_threads_are_told_with_classes_numbers_and_states_whatever_python_runs(version: str) -> None:
    with load("idle", "1", python=pythons()[version]) as process:
        tids = set(map(int, os.listdir(f"/proc/{process.pid}/task"))) - {process.pid}
        await until(lambda: not any(runs(process.pid, tid) for tid in tids))
        threads = await PySpy(process.pid).dump()
    (sleeping,) = [thread for thread in threads if thread.name == "idle-0"]
    assert "threading.Thread._bootstrap_inner" in [frame.function for frame in sleeping.stack]
    # And they are told from those that run.
    assert not sleeping.active
    assert sleeping.native_id in tids


async def test_a_process_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFound, match="process 4194305 not found"):
        await PySpy(2**22 + 1).record(SHORT)


async def test_what_is_not_python_is_said_to_be_not() -> None:
    with load("idle") as process:
        pass
    sleeping = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        with pytest.raises(Unsupported, match="not a running CPython"):
            await PySpy(sleeping.pid).dump()
        with pytest.raises(Unsupported, match="not a running CPython"):
            await PySpy(sleeping.pid).record(SHORT)
    finally:
        sleeping.kill()
        await sleeping.wait()
    assert process.returncode is not None


async def test_a_target_that_ends_meanwhile_gives_what_was_seen() -> None:
    with load("shares") as process:
        task = asyncio.create_task(PySpy(process.pid).record(SamplingOrder(30, hz=1000, budget=100)))
        await until(sampling)
        process.kill()
        recording = await task
    assert recording.duration_ns < 25e9


async def test_a_switch_of_the_operator_forbids_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_DISABLE_REMOTE_DEBUG", "1")
    assert "PYTHON_DISABLE_REMOTE_DEBUG forbids" in PySpy().unfit(SHORT)
    with pytest.raises(Unsupported, match="PYTHON_DISABLE_REMOTE_DEBUG forbids"):
        await PySpy().record(SHORT)


# Starts what follows without the capability to look into everything, and nobody else may look into the target then.
UNPRIVILEGED = "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 19, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"
GUARDED = "import ctypes, sys; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); print('ready', flush=True); sys.stdin.read()"


async def test_what_the_system_guards_is_refused_whoever_asks() -> None:
    program = find_py_spy()
    assert program is not None
    with running(sys.executable, "-c", GUARDED) as process:
        engine = PySpy(process.pid, program=(sys.executable, "-c", UNPRIVILEGED, program))
        with pytest.raises(Unsupported, match=f"reading the memory of process {process.pid} was refused"):
            await engine.dump()
        with pytest.raises(Unsupported, match=f"reading the memory of process {process.pid} was refused"):
            await engine.record(SHORT)


async def test_without_the_program_it_says_where_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match=r"it is not installed; it comes with the extra corvo-agent\[profiling\]"):
        await PySpy().dump()


async def test_one_that_never_gets_ready_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(py_spy, "_START_SECONDS", 0.1)
    monkeypatch.setattr(py_spy, "_DUMP_SECONDS", 0.1)
    engine = PySpy(os.getpid(), program=(sys.executable, "-c", "import time; time.sleep(60)"))
    with pytest.raises(Unsupported, match=r"did not begin within 0\.1 s; that is so where a thread of it is deeper"):
        await engine.record(SHORT)
    with pytest.raises(DeadlineExceeded, match=r"py-spy: no answer within 0\.1 s"):
        await engine.dump()


async def test_of_a_process_that_ends_meanwhile_it_tells_what_it_saw_and_that_it_ended() -> None:
    with load("shares") as process:
        task = asyncio.create_task(PySpy(process.pid).record(SamplingOrder(60, hz=1000, budget=100)))
        await until(sampling)
        process.kill()
        recording = await task
    assert re.match(r"the process has ended after [\d.]+ of 60 s: this is what was seen", recording.notes[0])
    assert shares_of(recording.samples, ["shares"]) == {"shares": 100}


async def test_when_cancelled_py_spy_is_gone() -> None:
    task = asyncio.create_task(PySpy().record(SamplingOrder(60, hz=1000, budget=100)))
    await until(sampling)
    (child,) = sampling()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not child.is_running()


def of_thread(recording: Recording, tid: int) -> float:
    return sum(each.values[1] for each in recording.samples if Label("tid", tid) in each.labels) / 1e9


@pytest.mark.parametrize(
    "version",
    [version if version == OWN else pytest.param(version, marks=needs("python")) for version in sorted(pythons())],
)
async def test_processor_time_is_the_kernel_s_on_a_crowded_processor_whatever_python_runs(version: str) -> None:
    with (
        load("idle", "40", python=pythons()[version]) as process,
        crowded(map(int, os.listdir(f"/proc/{process.pid}/task"))),
    ):
        task = asyncio.create_task(PySpy(process.pid).record(SamplingOrder(60, hz=211, budget=100)))
        await until(sampling)
        seconds = await asyncio.to_thread(burnt, process)
        # It ends early, as if its time was over.
        for child in sampling():
            child.send_signal(signal.SIGINT)
        recording = await task
    total = sum(each.values[1] for each in recording.samples) / 1e9
    assert of_thread(recording, process.pid) == pytest.approx(seconds, rel=0.05, abs=0.03)
    assert total == pytest.approx(seconds, rel=0.05, abs=0.03)
    # Some of Python's threads look as if they ran where they sleep.
    asleep = [each for each in recording.samples if "idle-" in str(each.labels)]
    assert sum(each.values[1] for each in asleep) < 0.02e9
    (told,) = [note for note in recording.notes if note.startswith("cpu is by the kernel's clocks: ")]
    assert f"{total:.2f} s used" in told
    assert any("for a processor, held back by a quota or by others" in note for note in recording.notes)


async def test_processor_time_in_this_process_is_the_kernel_s_too() -> None:
    with Once() as thread, crowded([thread.native_id]):
        task = asyncio.create_task(PySpy().record(SamplingOrder(60, hz=211, budget=100)))
        await until(sampling)
        seconds = await asyncio.to_thread(thread.burn)
        for child in sampling():
            child.send_signal(signal.SIGINT)
        recording = await task
    assert of_thread(recording, thread.native_id) == pytest.approx(seconds, rel=0.05, abs=0.03)
