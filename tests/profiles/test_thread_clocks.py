"""Processor time of threads, also of those that end while one looks."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from corvo_agent.profiles.thread_clocks import ThreadClocks, clock_of

from .loads import Running, idle, shares


def test_the_clock_is_that_of_the_thread() -> None:
    clock = clock_of(threading.get_native_id())
    before = time.thread_time_ns()
    now = time.clock_gettime_ns(clock)
    assert before <= now <= time.thread_time_ns()


def test_only_the_thread_that_works_uses_time() -> None:
    clocks = ThreadClocks()
    with Running(shares) as busy, Running(idle) as lazy:
        worker, sleeper = (threads[0].ident or 0 for threads in (busy.threads, lazy.threads))
        while clocks.used(worker) < 20_000_000:
            pass
        assert clocks.used(sleeper) < clocks.used(worker) / 2
        assert clocks.name(worker) == "shares-0"
        used = clocks.used(worker)
        clocks.settle(worker, used)
        assert clocks.used(worker) < used + 20_000_000


def test_a_thread_that_has_ended_used_nothing() -> None:
    clocks = ThreadClocks()
    with Running(idle) as running:
        ident = running.threads[0].ident or 0
        clocks.used(ident)
    # A thread can be joined a moment before the kernel has let go of it.
    while Path(f"/proc/self/task/{running.threads[0].native_id}").exists():
        pass
    assert clocks.used(ident) == 0
    assert clocks.used(ident) == 0


def test_a_thread_that_is_not_known_used_nothing_and_is_named_by_its_number() -> None:
    clocks = ThreadClocks()
    assert clocks.used(0x42) == 0
    assert clocks.name(0x42) == "thread-0x42"
