"""Threads and locks of the operating system, also where gevent or eventlet have put greenlets in their place."""

from __future__ import annotations

import _thread
import sys
from typing import Any

# As they are when this is imported; a library that replaces them later does so in the module, not here.
_FIRST = {"start_new_thread": _thread.start_new_thread, "allocate_lock": _thread.allocate_lock}


def native(name: str) -> Any:
    """``start_new_thread`` or ``allocate_lock`` as the standard library has them."""
    gevent: Any = sys.modules.get("gevent.monkey")
    if gevent is not None:
        return gevent.get_original("_thread", name)
    eventlet: Any = sys.modules.get("eventlet.patcher")
    if eventlet is not None:
        return getattr(eventlet.original("_thread"), name)
    return _FIRST[name]


def has_greenlets() -> str:
    """The library whose greenlets stand in the place of this process's threads, "" for none."""
    gevent: Any = sys.modules.get("gevent.monkey")
    if gevent is not None and gevent.is_module_patched("threading"):
        return "gevent"
    eventlet: Any = sys.modules.get("eventlet.patcher")
    if eventlet is not None and eventlet.is_monkey_patched("thread"):
        return "eventlet"
    return ""


class Pause:
    """A wait that another thread can end: ``for_seconds`` in one thread, ``end`` once in any other."""

    def __init__(self) -> None:
        self._lock = native("allocate_lock")()
        self._lock.acquire()

    def for_seconds(self, seconds: float) -> bool:
        """Wait so long; True as soon as it was ended, and from then on at once."""
        ended: bool = self._lock.acquire(True, seconds)
        if ended:
            self._lock.release()
        return ended

    def end(self) -> None:
        """End it; once."""
        self._lock.release()
