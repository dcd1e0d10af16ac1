"""asyncio tasks as they are seen at one moment: where, in which state, and who waits for whom."""

from __future__ import annotations

import asyncio
from asyncio import Task
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from types import FrameType
from typing import Any, NamedTuple
from weakref import ref

from ..callers import callers
from ..pacing.loops import WatchedLoop
from ..pacing.pace import Pace
from ..pprof.model import Label, Stack
from .await_chain import READY, AwaitChain, await_chain, wait_of
from .naming import FunctionNames
from .table import RawStack, StackTable
from .thread_frames import thread_frames

#: Tasks in one answer.
MAX_TASKS = 100_000
#: Sentences about tasks that wait for each other.
MAX_CYCLES = 20
#: Tasks named of those that one task waits for.
MAX_NAMED = 16
# Who waits so goes on only when all of them are done.
_FOR_ALL = ("waiting: gather", "waiting: task group")
# Of a stack whose innermost awaits are not followed.
_CUT: RawStack = (0, 0)
# What others have to leave before a task can go on.
_HELD = (asyncio.Lock, asyncio.Semaphore, asyncio.Condition)

#: More labels of a task, such as its age; called while the task is looked at.
MoreLabels = Callable[[Task[Any]], tuple[Label, ...]]


class _Place(NamedTuple):
    """Where tasks stand: the stack, leaf first, and the links of the chain that have an ``async with``."""

    stack: Stack
    entries: tuple[int, ...]


class TaskTable:
    """One row for each task, in columns. Belongs to the thread that looks.

    Columns, because a hundred thousand rows of their own would send the garbage collector, which stops every thread,
    through the whole heap several times. And names and numbers only: a task that ends meanwhile has to die in its own
    loop's thread, not in the thread that looks at it.
    """

    def __init__(self, names: FunctionNames, pace: Pace, more: MoreLabels) -> None:
        self._names = names
        self._pace = pace
        self._more = more
        self._raw = StackTable()
        self._places: dict[RawStack, _Place] = {}
        self._labels: dict[tuple[str, str], Label] = {}
        # Lock -> the tasks that are inside, both by id.
        self._holders: dict[int, tuple[int, ...]] = {}
        #: Task id -> name; also of tasks that are only waited for.
        self.names: dict[int, str] = {}
        self.tasks: list[int] = []
        self.threads: list[int] = []
        #: Leaf first.
        self.stacks: list[Stack] = []
        self.states: list[str] = []
        #: The lock or the like that is waited for, as text and as id; "" and 0 for none.
        self.objects: list[str] = []
        self.locks: list[int] = []
        #: The tasks that are waited for.
        self.awaited: list[tuple[int, ...]] = []
        self.more: list[tuple[Label, ...]] = []
        self.left_out = 0

    def add_loop(self, watched: WatchedLoop) -> None:
        """Look at every task of one loop."""
        tasks = [ref(task) for task in asyncio.all_tasks(watched.loop)]
        room = MAX_TASKS - len(self.tasks)
        self.left_out += max(0, len(tasks) - room)
        for each in self._pace.over(islice(tasks, room), every=16):
            task = each()
            if task is not None:
                self._add(task, watched.thread, running=task is watched.current_task())

    def _add(self, task: Task[Any], thread: int, *, running: bool) -> None:
        chain = await_chain(task.get_coro())
        wait = READY if running else wait_of(task, chain)
        place = self._running_place(thread, chain) if running else self._place(chain)
        number = id(task)
        for entered in chain.inside(place.entries):
            # Its __aexit__ is in the frame of a task that only waits for it, too.
            if isinstance(entered, _HELD) and entered is not wait.on:
                self._holders[id(entered)] = (*self._holders.get(id(entered), ()), number)
        self.names[number] = task.get_name()
        for each in wait.tasks:
            self.names[id(each)] = each.get_name()
        self.tasks.append(number)
        self.threads.append(thread)
        self.stacks.append(place.stack)
        self.states.append("running" if running else wait.state)
        self.objects.append("" if wait.on is None else f"{type(wait.on).__name__} at {id(wait.on):#x}")
        self.locks.append(id(wait.on) if isinstance(wait.on, _HELD) else 0)
        self.awaited.append(tuple([id(each) for each in wait.tasks]))
        self.more.append(self._more(task))

    def _place(self, chain: AwaitChain) -> _Place:
        raw = (_CUT if chain.cut else ()) + self._raw.collect(reversed(chain.frames))
        found = self._places.get(raw)
        if found is None:
            self._places[raw] = found = _Place(self._raw.resolve(raw, self._names), chain.with_entries())
        return found

    def _running_place(self, thread: int, chain: AwaitChain) -> _Place:
        raw = self._raw.collect(_running_frames(thread, chain))
        return _Place(self._raw.resolve(raw, self._names), chain.with_entries())

    def name_holders(self) -> None:
        """Let each task that waits for a lock wait for the tasks that are inside ``async with`` of that lock."""
        for row, lock in enumerate(self.locks):
            if lock:
                self.awaited[row] = self._holders.get(lock, ())

    def labels(self, row: int, thread: str) -> tuple[Label, ...]:
        """The labels of one task, which runs in the thread so named."""
        labels = [
            self._label("thread", thread),
            Label("task", self.names[self.tasks[row]]),
            self._label("state", self.states[row]),
        ]
        if self.objects[row]:
            labels.append(self._label("waits_for", self.objects[row]))
        labels += [Label("waits_for", self.names[each]) for each in self.awaited[row][:MAX_NAMED]]
        return (*labels, *self.more[row])

    def _label(self, key: str, value: str) -> Label:
        # What many tasks share is one object for all of them.
        found = self._labels.get((key, value))
        if found is None:
            self._labels[key, value] = found = Label(key, value)
        return found

    def cycles(self) -> list[str]:
        """Tasks that wait for each other in a ring, as sentences; none of them will ever go on."""
        rows = zip(self.tasks, self.awaited, self.states, strict=True)
        # Of several tasks the first that is done may be enough, unless all of them are waited for.
        waits = {task: awaited for task, awaited, state in rows if len(awaited) == 1 or state in _FOR_ALL}
        rings = islice(_rings(waits), MAX_CYCLES)
        return ["deadlock: " + " waits for ".join(self.names[task] for task in (*ring, ring[0])) for ring in rings]


def _rings(waits: Mapping[int, tuple[int, ...]]) -> Iterator[list[int]]:
    """Rings in the graph of who waits for whom; of those that share a task at least one."""
    known: set[int] = set()
    for start in waits:
        # The way from ``start``, and for each task on it those that are still to be looked at.
        trail: dict[int, Iterator[int]] = {}
        current: int | None = start
        while current is not None or trail:
            if current is not None and current in trail:
                yield list(trail)[list(trail).index(current) :]
            elif current is not None and current in waits and current not in known:
                known.add(current)
                trail[current] = iter(waits[current])
            last = next(reversed(trail), None)
            current = None if last is None else next(trail[last], None)
            if last is not None and current is None:
                del trail[last]


def _running_frames(thread: int, chain: AwaitChain) -> Iterable[FrameType]:
    """The thread's stack down to the task's own coroutine: what it called without awaiting belongs to it."""
    frames: list[FrameType] = []
    root = chain.frames[0] if chain.frames else None
    for frame in list(callers(thread_frames().get(thread))):
        frames.append(frame)
        if frame is root:
            return frames
    # It has moved on meanwhile.
    return reversed(chain.frames)
