"""The kernel's clocks of another process's threads, also of those that end."""

from __future__ import annotations

import os
import threading

import pytest

from corvo_agent.profiles.sampling import kernel_clocks
from corvo_agent.profiles.sampling.kernel_clocks import KernelClocks, ProcessUse, ThreadUse, waiting

from ..loads import Running, burn, idle
from ..spawn import burnt, crowded, load


def test_each_thread_of_another_process_has_its_own_time() -> None:
    with load("idle", "3") as process:
        clocks = KernelClocks(process.pid)
        seconds = burnt(process)
        # The clock of a thread that has a processor is told as it was at the last tick.
        use = clocks.use()
    assert use.threads[process.pid].used / 1e9 == pytest.approx(seconds, rel=0.05, abs=0.02)
    others = {tid: each.used for tid, each in use.threads.items() if tid != process.pid}
    assert len(others) == 4
    assert max(others.values()) < use.threads[process.pid].used / 10
    assert use.used == pytest.approx(sum(each.used for each in use.threads.values()), abs=20e6)
    assert (use.exact, use.nested, use.inner) == (True, False, {tid: tid for tid in use.threads})


def test_threads_that_begin_count_whole_and_those_that_end_until_the_last_poll() -> None:
    clocks = KernelClocks(os.getpid())
    done, go = threading.Event(), threading.Event()

    def work() -> None:
        burn(0.1)
        done.set()
        go.wait()

    worker = threading.Thread(target=work)
    worker.start()
    done.wait()
    tid = worker.native_id or 0
    first = clocks.use()
    go.set()
    worker.join()
    use = clocks.use()
    assert first.threads[tid].used > 90e6
    assert use.threads[tid].used >= first.threads[tid].used
    assert use.used > first.threads[tid].used


def test_it_reads_no_more_often_than_it_may_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_clocks, "_READS_PER_SECOND", 0.01)
    with Running(idle, 20):
        clocks = KernelClocks(os.getpid())
        burn(0.05)
        clocks.poll()
        assert clocks._threads[threading.get_native_id()].use().used < 45e6
        assert clocks.use().threads[threading.get_native_id()].used > 45e6


def test_without_the_scheduler_s_statistics_ticks_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    original = kernel_clocks._text
    monkeypatch.setattr(kernel_clocks, "_text", lambda path: "" if path.endswith("schedstat") else original(path))
    clocks = KernelClocks(os.getpid())
    burn(0.2)
    use = clocks.use()
    assert (use.exact, use.waited) == (False, 0)
    assert 0.1e9 < use.threads[threading.get_native_id()].used < 0.5e9


def test_a_process_in_a_pid_namespace_of_its_own_is_known_by_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    original = kernel_clocks._text

    def nested(path: str) -> str:
        text = original(path)
        return text.replace(f"NSpid:\t{os.getpid()}\n", f"NSpid:\t{os.getpid()}\t1\n")

    # What the kernel says of a container's process; making a namespace takes privileges.
    monkeypatch.setattr(kernel_clocks, "_text", nested)
    use = KernelClocks(os.getpid()).use()
    assert use.nested
    assert use.inner[1] == os.getpid()


def test_a_process_that_is_not_there_used_nothing() -> None:
    assert KernelClocks(2**22 + 1).use() == ProcessUse()


def test_waiting_is_told_when_it_is_worth_it() -> None:
    assert ProcessUse({1: ThreadUse("a", 1, 2), 2: ThreadUse("b", 1, 3)}).waited == 5
    assert waiting(10**7, 10**9) == ()
    (note,) = waiting(14 * 10**9, 10**9)
    assert "waited 14.00 s for a processor" in note


def test_how_often_a_thread_loses_its_processor_to_others_is_known() -> None:
    with load("idle") as process, crowded([process.pid]):
        clocks = KernelClocks(process.pid)
        burnt(process)
        use = clocks.use().threads[process.pid]
    assert use.displaced > 0
