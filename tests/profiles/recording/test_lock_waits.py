"""The instructions that take a lock are told from those that do not."""

from __future__ import annotations

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


def frame_at_the_lock(work: Callable[[Any], None]) -> tuple[bool, str]:
    """Whether the innermost frame of a thread that waits in ``work`` takes a lock, and that frame's function."""
    lock = threading.Lock()
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
        return sites.takes_lock(seen[-1]) and sites.takes_lock(seen[-1]), seen[-1].f_code.co_name
    finally:
        lock.release()
        event.set()
        thread.join()


@pytest.mark.parametrize("work", [enters, acquires, acquires_by_keyword])
def test_a_thread_at_a_lock_is_found(work: Callable[[Any], None]) -> None:
    assert frame_at_the_lock(work) == (True, work.__name__)


def test_a_thread_that_waits_for_an_event_is_not_at_a_lock() -> None:
    assert frame_at_the_lock(waits_elsewhere) == (False, "wait")


def own_frame() -> FrameType:
    return sys._getframe()


def test_an_ordinary_call_takes_no_lock() -> None:
    sites = LockSites()
    with nullcontext():
        assert not sites.takes_lock(sys._getframe())
    assert not sites.takes_lock(own_frame())
