"""asyncio tasks as they are seen at one moment: where, in which state, and who waits for whom."""

from __future__ import annotations

import asyncio
import sys
from asyncio import Task
from collections.abc import Iterable
from itertools import islice
from types import FrameType
from typing import Any

from .await_chain import READY, AwaitChain, await_chain, wait_of
from .loops import WatchedLoop
from .model import Stack
from .naming import FunctionNames
from .pace import Pace

#: Tasks in one answer.
MAX_TASKS = 100_000
#: Sentences about tasks that wait for each other.
MAX_CYCLES = 20
# What others have to leave before a task can go on.
_HELD = (asyncio.Lock, asyncio.Semaphore, asyncio.Condition)


class TaskTable:
    """One row for each task, kept in columns: rows of their own would be so many objects that the garbage collector,
    which stops every thread, would go through the whole heap several times. Belongs to the thread that looks.

    Row ``i`` is ``tasks[i]``, which runs in thread ``threads[i]``, stands at ``stacks[i]`` (leaf first), is in
    ``states[i]``, and waits for ``waits_on[i]`` (a lock or the like, or None) and for the tasks ``waits_for[i]``.
    """

    def __init__(self, names: FunctionNames, pace: Pace) -> None:
        self._names = names
        self._pace = pace
        self._known: dict[Stack, Stack] = {}
        self._holders: dict[int, tuple[Task[Any], ...]] = {}
        self.tasks: list[Task[Any]] = []
        self.threads: list[int] = []
        self.stacks: list[Stack] = []
        self.states: list[str] = []
        self.waits_on: list[object | None] = []
        self.waits_for: list[tuple[Task[Any], ...]] = []
        self.left_out = 0

    def add_loop(self, watched: WatchedLoop) -> None:
        """Look at every task of one loop."""
        tasks = asyncio.all_tasks(watched.loop)
        room = MAX_TASKS - len(self.tasks)
        self.left_out += max(0, len(tasks) - room)
        current = watched.current_task()
        for task in self._pace.over(islice(tasks, room), every=16):
            self._add(task, watched.thread, running=task is current)

    def _add(self, task: Task[Any], thread: int, *, running: bool) -> None:
        chain = await_chain(task.get_coro())
        wait = READY if running else wait_of(task, chain)
        frames = _running_frames(thread, chain) if running else reversed(chain.frames)
        stack = tuple([self._names.frame(frame.f_code, frame.f_lasti) for frame in frames])
        for entered in chain.inside():
            # Its __aexit__ is in the frame of a task that only waits for it, too.
            if isinstance(entered, _HELD) and entered is not wait.on:
                self._holders[id(entered)] = (*self._holders.get(id(entered), ()), task)
        self.tasks.append(task)
        self.threads.append(thread)
        self.stacks.append(self._known.setdefault(stack, stack))
        self.states.append("running" if running else wait.state)
        self.waits_on.append(wait.on)
        self.waits_for.append(wait.tasks)

    def name_holders(self) -> None:
        """Let each task that waits for a lock wait for the tasks that are inside ``async with`` of that lock."""
        for row, on in enumerate(self.waits_on):
            if isinstance(on, _HELD):
                self.waits_for[row] = self._holders.get(id(on), ())

    def cycles(self) -> list[str]:
        """Tasks that wait for each other in a ring, as sentences; none of them will ever go on."""
        rows = zip(self.tasks, self.waits_for, strict=True)
        waits = {task: awaited[0] for task, awaited in rows if len(awaited) == 1}
        found: list[str] = []
        known: set[Task[Any]] = set()
        for start in waits:
            trail: dict[Task[Any], None] = {}
            current = start
            while current in waits and current not in trail and current not in known:
                trail[current] = None
                current = waits[current]
            if current in trail:
                ring = list(trail)[list(trail).index(current) :]
                found.append("deadlock: " + " waits for ".join(task.get_name() for task in (*ring, current)))
            known.update(trail)
        return found[:MAX_CYCLES]


def _running_frames(thread: int, chain: AwaitChain) -> Iterable[FrameType]:
    """The thread's stack down to the task's own coroutine: what it called without awaiting belongs to it."""
    frames: list[FrameType] = []
    root = chain.frames[0] if chain.frames else None
    frame = sys._current_frames().get(thread)
    while frame is not None:
        frames.append(frame)
        if frame is root:
            return frames
        frame = frame.f_back
    # It has moved on meanwhile.
    return reversed(chain.frames)
