"""Threads and locks of the operating system, also where gevent or eventlet have put greenlets in their place."""

from __future__ import annotations

import _thread
import importlib
import sys
from collections.abc import Callable
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


def start_native(function: Callable[..., object], *arguments: object) -> None:
    """Run ``function`` in a thread of the operating system, which nothing waits for.

    Raises RuntimeError where there can be none: at a limit of the system, while the interpreter ends, and in a
    subinterpreter that allows no thread to outlive it. With one, the end of such a subinterpreter aborts the process.
    """
    # Since Python 3.12. Before, those subinterpreters refuse any thread by themselves.
    allowed: Callable[[], bool] | None = getattr(_thread, "daemon_threads_allowed", None)
    if allowed is not None and not allowed():
        raise RuntimeError("this subinterpreter allows no thread that outlives it")
    native("start_new_thread")(function, arguments)


def forget_thread() -> None:
    """Take this native thread, which ends now, off the list of ``threading``.

    It is there once it has been given a name, and stays for ever in Python 3.11 and 3.12.
    """
    threading: Any = sys.modules.get("threading")
    active: dict[int, Any] = getattr(threading, "_active", {})
    if type(active.get(_thread.get_ident())).__name__ == "_DummyThread":
        del active[_thread.get_ident()]


def is_main_interpreter() -> bool:
    """Whether this is the interpreter that the process began with."""
    known: Callable[[], bool] | None = getattr(_thread, "_is_main_interpreter", None)
    if known is not None:
        return known()
    # Python 3.11: it has to ask another module, which no checker of types knows.
    interpreters: Any = importlib.import_module("_xxsubinterpreters")
    return bool(interpreters.get_current() == interpreters.get_main())


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
