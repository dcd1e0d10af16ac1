"""Processor time of threads, also of those that end while one looks."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from corvo_agent.profiles.pacing.thread_clocks import ThreadClocks, clock_of

from ..loads import Running, burn, idle, shares


def test_the_clock_is_that_of_the_thread() -> None:
    clock = clock_of(threading.get_native_id())
    before = time.thread_time_ns()
    now = time.clock_gettime_ns(clock)
    assert before <= now <= time.thread_time_ns()


def test_only_the_thread_that_works_uses_time() -> None:
    clocks = ThreadClocks()
    with Running(shares) as busy, Running(idle) as lazy:
        worker, sleeper = (threads[0].ident or 0 for threads in (busy.threads, lazy.threads))
        clocks.take(sleeper)
        used = 0
        while used < 20_000_000:
            used += clocks.take(worker)
        assert clocks.take(sleeper) < used / 2
        assert clocks.name(worker) == "shares-0"
        assert clocks.identity(worker) == ("shares-0", busy.threads[0].native_id)


def test_what_is_taken_is_taken_and_little_is_left_for_the_next_time() -> None:
    clocks = ThreadClocks()
    clocks.refresh()
    ident = threading.get_ident()
    (own,) = (used for used in clocks.take_all(0) if used.ident == ident)
    assert own.nanoseconds > 0
    assert dict(clocks.take_all(10**12)) == {}
    burn(0.01)
    assert 0 < dict(clocks.take_all(1000))[ident] < own.nanoseconds + 10**9


def test_a_thread_that_has_ended_used_nothing_and_keeps_its_name() -> None:
    clocks = ThreadClocks()
    with Running(idle) as running:
        ident = running.threads[0].ident or 0
        clocks.take(ident)
    # A thread can be joined a moment before the kernel has let go of it.
    while Path(f"/proc/self/task/{running.threads[0].native_id}").exists():
        pass
    assert clocks.take(ident) == 0
    assert clocks.name(ident) == "idle-0"
    assert clocks.take(ident) == 0


def test_a_thread_that_is_not_known_used_nothing_and_is_named_by_its_number() -> None:
    clocks = ThreadClocks()
    assert clocks.take(0x42) == 0
    assert clocks.name(0x42) == "thread-0x42"
    assert clocks.identity(0x42) == ("thread-0x42", 0)
