"""Finds the event loops that run in this process, in whatever threads: asyncio itself keeps no list of them."""

from __future__ import annotations

import asyncio
import sys
import threading
from types import FrameType
from typing import Any

from ..callers import callers
from .loops import Loops, WatchedLoop

# Functions with a loop that runs for as long as they do, by their code's name; the end of their file keeps strangers
# out. A loop whose own methods are written in C, such as uvloop's, shows by the Runner that runs it.
_RUNNING = {
    "run_forever": "base_events.py",
    "run_until_complete": "base_events.py",
    "run": "runners.py",
}
# Frames of one thread that are looked at, from the innermost one on.
_DEEPEST = 10_000


def running_loops() -> tuple[WatchedLoop, ...]:
    """Every loop that runs now, with the thread that runs it, that of the caller included."""
    found: dict[int, WatchedLoop] = {}
    for thread, frame in sys._current_frames().items():
        loop = _loop_of(frame)
        if loop is not None and loop.is_running():
            found[id(loop)] = WatchedLoop(loop, thread)
    return tuple(found.values())


def watch_host_loops(loops: Loops, own: asyncio.AbstractEventLoop) -> tuple[WatchedLoop, ...]:
    """Have ``loops`` watch every loop that runs but ``own``; those, that of the main thread first."""
    main = threading.main_thread().ident
    others = tuple(
        sorted((each for each in running_loops() if each.loop is not own), key=lambda each: each.thread != main)
    )
    for each in others:
        loops.watch(each.loop, each.thread)
    return others


def _loop_of(topmost: FrameType | None) -> asyncio.AbstractEventLoop | None:
    for frame in list(callers(topmost, _DEEPEST - 1)):
        code = frame.f_code
        ending = _RUNNING.get(code.co_name)
        if ending is not None and code.co_filename.endswith(ending):
            owner: Any = frame.f_locals.get("self")
            loop = owner if isinstance(owner, asyncio.AbstractEventLoop) else getattr(owner, "_loop", None)
            if isinstance(loop, asyncio.AbstractEventLoop):
                return loop
    return None
