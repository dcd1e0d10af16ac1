"""The event loops whose tasks belong into a profile, and the threads that they run in."""

from __future__ import annotations

import asyncio
import threading
from asyncio import AbstractEventLoop, Task
from collections.abc import Iterator
from typing import Any, NamedTuple


class WatchedLoop(NamedTuple):
    """An event loop, and the ident of the thread that runs it."""

    loop: AbstractEventLoop
    thread: int

    def current_task(self) -> Task[Any] | None:
        """The task that runs at this moment, also seen from another thread."""
        return asyncio.current_task(self.loop)


class Loops:
    """The loops to look at. asyncio has no list of them, so each has to be told; closed ones are forgotten."""

    def __init__(self) -> None:
        # Written by the threads that call watch, read by measuring threads: replaced as a whole, never changed.
        self._loops: tuple[WatchedLoop, ...] = ()

    def watch_running(self) -> None:
        """Look at the loop that runs in this thread, if one does."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self.watch(loop, threading.get_ident())

    def watch(self, loop: AbstractEventLoop, thread: int) -> None:
        """Look at ``loop``, which runs in the thread of ident ``thread``."""
        added = WatchedLoop(loop, thread)
        if added not in self._loops:
            # A loop that moved to another thread replaces its old entry; closed ones go on this occasion.
            self._loops = (*(each for each in self if each.loop is not loop), added)

    def __iter__(self) -> Iterator[WatchedLoop]:
        return (each for each in self._loops if not each.loop.is_closed())

    def in_thread(self, thread: int) -> WatchedLoop | None:
        """The running loop of a thread."""
        return next((each for each in self if each.thread == thread and each.loop.is_running()), None)


def task_label(task: Task[Any]) -> str:
    """A name for ``task`` that many tasks of one kind share: the one that it was given, else its coroutine's.

    asyncio's own names (``Task-4711``) are new for each task and would keep equal stacks apart.
    """
    name = task.get_name()
    if not name.startswith("Task-"):
        return name
    coroutine = task.get_coro()
    return getattr(coroutine, "__qualname__", None) or type(coroutine).__name__
