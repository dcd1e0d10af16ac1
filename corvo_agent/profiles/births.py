"""When and where tasks and threads were started: recorded only while somebody asked for it.

asyncio calls a task factory for each new task, and every Python thread goes through ``Thread.start``; while nobody
records, both are as they were. Each start then costs a few microseconds.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from asyncio import AbstractEventLoop, Task
from collections.abc import Callable
from itertools import dropwhile
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from .model import Stack
from .naming import FunctionNames
from .stacks import RawStack, StackTable

#: Frames kept of the stack that started something.
BIRTH_DEPTH = 64


class Birth(NamedTuple):
    """The start of a task or a thread; ``monotonic_ns`` is when, ``stack`` where (leaf first)."""

    monotonic_ns: int
    stack: Stack


class _Recorded:
    """Births by the object that was born, which is not kept alive by it. Any thread may add."""

    def __init__(self, library: str) -> None:
        # Frames of the library that makes the object stand between it and the one who wanted it.
        self._library = library
        self._stacks = StackTable(BIRTH_DEPTH)
        self._births: WeakKeyDictionary[Any, tuple[int, RawStack]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def add(self, born: object) -> None:
        """Record ``born``, started by whoever called the function that calls this."""
        moment = (time.monotonic_ns(), self._stacks.walk(sys._getframe(2)))
        with self._lock:
            self._births[born] = moment

    def find(self, born: object, names: FunctionNames) -> Birth | None:
        """The birth of ``born``, None when it was not recorded."""
        with self._lock:
            found = self._births.get(born)
        if found is None:
            return None
        stack = self._stacks.resolve(found[1], names)
        return Birth(found[0], tuple(dropwhile(lambda frame: frame.function.startswith(self._library), stack)))

    def __len__(self) -> int:
        return len(self._births)


class TaskBirths(_Recorded):
    """Records the tasks of event loops, through their task factories."""

    def __init__(self) -> None:
        super().__init__("asyncio.")
        self._before: dict[AbstractEventLoop, tuple[Any, Any]] = {}

    def enable(self, loop: AbstractEventLoop) -> None:
        """Record the tasks that ``loop`` makes from now on. Call it in the loop's thread."""
        if loop in self._before:
            return
        inner = loop.get_task_factory()
        make: Callable[..., Any] = _plain_task if inner is None else inner

        def factory(loop: AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
            task = make(loop, coroutine, **options)
            # Still called after disable when somebody has put another factory on top of this one.
            if loop in self._before:
                self.add(task)
            return task

        self._before[loop] = (inner, factory)
        loop.set_task_factory(factory)

    def disable(self, loop: AbstractEventLoop) -> None:
        """Stop recording in ``loop``. Call it in the loop's thread."""
        inner, factory = self._before.pop(loop, (None, None))
        if factory is not None and loop.get_task_factory() is factory:
            loop.set_task_factory(inner)


def _plain_task(loop: AbstractEventLoop, coroutine: Any, **options: Any) -> Task[Any]:
    return asyncio.Task(coroutine, loop=loop, **options)


class ThreadBirths(_Recorded):
    """Records the threads of this process, at ``threading.Thread.start``."""

    def __init__(self) -> None:
        super().__init__("threading.")
        self._before: Callable[[threading.Thread], None] | None = None
        self._start: Callable[[threading.Thread], None] | None = None

    def enable(self) -> None:
        """Record the threads that are started from now on."""
        if self._before is not None:
            return
        self._before = before = threading.Thread.start

        def start(thread: threading.Thread) -> None:
            # Still called after disable when somebody has wrapped it.
            if self._before is not None:
                self.add(thread)
            before(thread)

        self._start = start
        threading.Thread.start = start  # type: ignore[method-assign, assignment]

    def disable(self) -> None:
        """Stop recording."""
        if self._before is not None and threading.Thread.start is self._start:
            threading.Thread.start = self._before  # type: ignore[method-assign, assignment]
        self._before = self._start = None
