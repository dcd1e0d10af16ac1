"""When and where tasks and threads were started: recorded only while a user of the recorder wants it.

asyncio calls a task factory for each new task, and every Python thread goes through ``Thread.start``. While nothing
is recorded, both are as they were; while it is, each start costs a few microseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from asyncio import AbstractEventLoop, Task
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import dropwhile
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from ..pprof.model import Stack
from ..stacks.naming import FunctionNames
from ..stacks.table import RawStack, StackTable

#: Frames kept of the stack that started something.
CREATION_DEPTH = 64
#: Different stacks that started threads.
MAX_STACKS = 10_000


class Creation(NamedTuple):
    """The start of a task or a thread; ``monotonic_ns`` is when, ``stack`` where (leaf first)."""

    monotonic_ns: int
    stack: Stack


class _Recorded:
    """Creations by the object that was created, which this does not keep alive. Any thread may add."""

    def __init__(self, library: str) -> None:
        # Frames of the library that makes the object stand between it and the one who wanted it.
        self._library = library
        self._stacks = StackTable(CREATION_DEPTH)
        self._creations: WeakKeyDictionary[Any, tuple[int, RawStack]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def add(self, created: object) -> RawStack:
        """Record ``created``, started by the caller of the function that calls this."""
        raw = self._stacks.walk(sys._getframe(2))
        moment = (time.monotonic_ns(), raw)
        with self._lock:
            self._creations[created] = moment
        return raw

    def find(self, created: object, names: FunctionNames) -> Creation | None:
        """The creation of ``created``, None when it was not recorded."""
        with self._lock:
            found = self._creations.get(created)
        return None if found is None else Creation(found[0], self.resolve(found[1], names))

    def resolve(self, raw: RawStack, names: FunctionNames) -> Stack:
        """The stack without the library's own frames at its leaf."""
        stack = self._stacks.resolve(raw, names)
        return tuple(dropwhile(lambda frame: frame.function.startswith(self._library), stack))

    @property
    def kept(self) -> int:
        """How many of those recorded are alive."""
        return len(self._creations)


class TaskCreations(_Recorded):
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
            # Still called after disable when the application has put another factory on top of this one.
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


class ThreadCreations(_Recorded):
    """Records the threads of this process, at ``threading.Thread.start``; on from the first user to the last."""

    def __init__(self) -> None:
        super().__init__("threading.")
        self._users = 0
        self._totals: Counter[RawStack] = Counter()
        self._before: Callable[[threading.Thread], None] | None = None
        self._start: Callable[[threading.Thread], None] | None = None

    @property
    def active(self) -> bool:
        """Whether it records."""
        return self._users > 0

    def totals(self, names: FunctionNames) -> dict[Stack, int]:
        """How many threads each stack has started while it was recorded, those included that have ended."""
        with self._lock:
            totals = dict(self._totals)
        found: Counter[Stack] = Counter()
        for raw, count in totals.items():
            found[self.resolve(raw, names)] += count
        return dict(found)

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Record inside ``with``."""
        self.enable()
        try:
            yield
        finally:
            self.disable()

    def enable(self) -> None:
        """Record the threads that are started from now on; to be followed by ``disable``."""
        self._users += 1
        if self._users > 1:
            return
        self._totals.clear()
        if self._start is not None:
            # The application has wrapped it, so it could not be taken back.
            return
        self._before = before = threading.Thread.start

        def start(thread: threading.Thread) -> None:
            # Still called after disable when the application has wrapped it.
            if self._users:
                raw = self.add(thread)
                with self._lock:
                    if raw in self._totals or len(self._totals) < MAX_STACKS:
                        self._totals[raw] += 1
            before(thread)

        self._start = start
        threading.Thread.start = start  # type: ignore[method-assign, assignment]

    def disable(self) -> None:
        """Stop recording when no other user wants it."""
        self._users -= 1
        if not self._users and self._before is not None and threading.Thread.start is self._start:
            threading.Thread.start = self._before  # type: ignore[method-assign, assignment]
            self._before = self._start = None
