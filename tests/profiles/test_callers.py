"""The frames of a thread."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from corvo_agent.profiles.callers import callers


def deep(calls: int) -> FrameType:
    return sys._getframe() if calls == 0 else deep(calls - 1)


def one_by_one(frame: FrameType | None) -> list[FrameType]:
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def test_they_are_those_that_a_loop_finds() -> None:
    frame = deep(500)
    assert list(callers(frame)) == one_by_one(frame)
    assert list(callers(frame, 7)) == one_by_one(frame)[:8]
    assert list(callers(None)) == []


def test_they_are_of_one_moment() -> None:
    """However often threads take turns, the calls of ``deep`` stand together: none has returned, or come, meanwhile."""
    with turning(0.000001), returning() as ident:
        for _ in range(2000):
            frames = list(callers(sys._current_frames()[ident]))
            shape = "".join("d" if frame.f_code.co_name == "deep" else "-" for frame in frames)
            assert len(shape.strip("-")) == shape.count("d")
            del frames


@contextmanager
def turning(seconds: float) -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def returning() -> Iterator[int]:
    """A thread that calls and returns all the time."""
    end = threading.Event()

    def work() -> None:
        while not end.is_set():
            sum(len(str(deep(number % 30))) for number in range(30))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert thread.ident is not None
        yield thread.ident
    finally:
        end.set()
        thread.join()
