"""The instructions that take a lock are told from those that do not."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from types import FrameType
from typing import Any

import pytest

from corvo_agent.profiles.recording.lock_waits import LockSites


def enters(lock: threading.Lock) -> None:
    with lock:
        pass


def acquires(lock: threading.Lock) -> None:
    lock.acquire(True, 60)
    lock.release()


def acquires_by_keyword(lock: threading.Lock) -> None:
    lock.acquire(blocking=True, timeout=60)
    lock.release()


def waits_elsewhere(lock: threading.Lock) -> None:
    event.wait(60)


event = threading.Event()


def frame_at_the_lock(work: Callable[[Any], object], lock: Any = None) -> tuple[str, str]:
    """What the innermost frame of a thread that waits in ``work`` is said to wait for, and that frame's function."""
    lock = lock or threading.Lock()
    event.clear()
    lock.acquire()
    thread = threading.Thread(target=work, args=(lock,))
    thread.start()
    sites = LockSites()
    try:
        seen: list[FrameType] = []
        # The same place several times: it has come to where it waits.
        while len(seen) < 50 or not all(each is seen[-1] and each.f_lasti == seen[-1].f_lasti for each in seen[-50:]):
            seen.append(sys._current_frames()[thread.ident or 0])
        # The second time from memory.
        assert sites.state(seen[-1]) == sites.state(seen[-1])
        return sites.state(seen[-1]), seen[-1].f_code.co_name
    finally:
        lock.release()
        event.set()
        thread.join()


@pytest.mark.parametrize("work", [enters, acquires, acquires_by_keyword])
def test_a_thread_at_a_lock_is_found(work: Callable[[Any], None]) -> None:
    assert frame_at_the_lock(work) == ("waiting: lock", work.__name__)


def test_a_thread_that_waits_for_an_event_is_not_at_a_lock() -> None:
    assert frame_at_the_lock(waits_elsewhere) == ("", "wait")


class Shared:
    """Something behind a condition, held by another thread until ``release``."""

    def __init__(self, wait: Callable[[Any], object], shared: Any, release: Callable[[Any], object]) -> None:
        self.wait, self._shared, self._release = wait, shared, release

    def acquire(self) -> None:
        """As ``frame_at_the_lock`` does first: it is held from the start."""

    def release(self) -> None:
        """Let the one that waits go on."""
        self._release(self._shared)

    def run(self) -> None:
        """Wait."""
        self.wait(self._shared)


def notify(condition: threading.Condition) -> None:
    with condition:
        condition.notify_all()


def wait_condition(condition: threading.Condition) -> None:
    with condition:
        condition.wait_for(event.is_set, 60) or condition.wait(0.01)


def full() -> queue.Queue[int]:
    made: queue.Queue[int] = queue.Queue(1)
    made.put(1)
    return made


def entered() -> threading.Condition:
    lock = threading.Lock()
    lock.acquire()
    return threading.Condition(lock)


@pytest.mark.parametrize(
    ("wait", "shared", "release", "state"),
    [
        (lambda each: each.acquire(), threading.Semaphore(0), lambda each: each.release(), "waiting: semaphore"),
        (lambda each: each.get(), queue.Queue(), lambda each: each.put(1), "waiting: queue get"),
        (lambda each: each.put(2), full(), lambda each: each.get(), "waiting: queue put"),
        (lambda each: each.join(), full(), lambda each: each.task_done(), "waiting: queue join"),
        (wait_condition, threading.Condition(), notify, "waiting: condition"),
        (wait_condition, entered(), lambda each: each.release(), "waiting: lock"),
    ],
)
def test_what_stands_behind_a_condition_is_told(
    wait: Callable[[Any], object], shared: Any, release: Callable[[Any], object], state: str
) -> None:
    assert frame_at_the_lock(Shared.run, Shared(wait, shared, release))[0] == state


def test_a_barrier_is_no_lock() -> None:
    barrier = threading.Barrier(2)
    assert frame_at_the_lock(Shared.run, Shared(lambda each: each.wait(), barrier, lambda each: each.wait())) == (
        "",
        "wait",
    )


def own_frame() -> FrameType:
    return sys._getframe()


def test_an_ordinary_call_takes_no_lock() -> None:
    sites = LockSites()
    with nullcontext():
        assert not sites.state(sys._getframe())
    assert not sites.state(own_frame())
