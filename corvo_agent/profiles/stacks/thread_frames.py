"""The frames of all threads, where it is safe to look at them.

Since CPython 3.12 another interpreter in the process may have an interpreter lock of its own (PEP 684). Then
``sys._current_frames`` walks the frames of its threads while they run, and the process dies (seen each time with 3.12.1
and 3.13.0). So we do not look while there is one: a profile is not worth a service.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def _lister() -> Callable[[], list[Any]] | None:
    if sys.version_info < (3, 12):
        return None
    for module in ("_interpreters", "_xxsubinterpreters"):  # since 3.13, and before
        with contextlib.suppress(ImportError):
            found: Callable[[], list[Any]] = importlib.import_module(module).list_all
            return found
    return None


# None where all interpreters share one lock, or where there are no others.
_list_interpreters = _lister()


def hidden() -> str:
    """Why frames cannot be looked at now; "" when they can."""
    if _list_interpreters is None or len(_list_interpreters()) == 1:
        return ""
    return "other interpreters run in the process, and this Python would crash at a look at their threads"


def not_seen() -> list[str]:
    """What an answer has to say of that, if anything."""
    reason = hidden()
    return [f"no stacks of threads: {reason}"] if reason else []


def thread_frames() -> dict[int, FrameType]:
    """The topmost frame of each thread, by its identifier, as ``sys._current_frames``; none while they are hidden."""
    return {} if hidden() else sys._current_frames()
