"""The state of a program in its own log: what its threads and tasks do, what it takes, and what it says of itself."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
import traceback
from collections import Counter
from types import FrameType

from ..profiles.stacks.thread_frames import thread_frames
from .load import measure, uptime

_log = logging.getLogger(__name__)
# Kinds of tasks, threads, frames of a thread and characters of a line that are told.
_TASKS, _THREADS, _FRAMES, _LONGEST = 40, 40, 12, 8000


def log_state(more: dict[str, object]) -> None:
    """Log it, a line for the whole, one for the tasks by what they wait in, and one for each thread; on the loop."""
    tasks = asyncio.all_tasks()
    whole = {
        "uptime": round(uptime(), 1),
        "memory": measure()[0],
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "tasks": len(tasks),
        **more,
    }
    _log.warning("state: %s", _line(whole))
    kinds = Counter(f"{task.get_name()} in {_place(task)}" for task in tasks)
    _log.warning("state of tasks: %s", _line(dict(kinds.most_common(_TASKS))))
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in list(thread_frames().items())[:_THREADS]:
        _log.warning("state of thread %s: %s", names.get(ident, ident), _stack(frame))


def _line(found: dict[str, object] | dict[str, int]) -> str:
    return json.dumps(found, default=str)[:_LONGEST]


def _place(task: asyncio.Task[object]) -> str:
    frames = task.get_stack(limit=1)
    return f"{frames[-1].f_code.co_filename}:{frames[-1].f_lineno}" if frames else "nothing"


def _stack(frame: FrameType) -> str:
    stack = traceback.extract_stack(frame, limit=_FRAMES)
    return " < ".join(f"{each.name} ({each.filename}:{each.lineno})" for each in reversed(stack))[:_LONGEST]
