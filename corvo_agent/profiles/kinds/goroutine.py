"""The kind ``goroutine``: every thread and every asyncio task at this moment, and what each one waits for.

It looks from a thread of its own, so a loop that is stuck is shown too, with the line at which it is. Each thread and
each task is read within microseconds, all of them are not read in the same instant: what runs goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
import time
from asyncio import Task
from collections.abc import Callable, Iterator
from itertools import chain
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from ..kind import ProfileRequest
from ..pacing.loops import Loops, WatchedLoop
from ..pacing.pace import Pace, off_loop
from ..pprof.encoder import encode
from ..pprof.model import Label, Profile, Sample, Stack, ValueType
from ..recording.creation_stacks import TaskCreations
from ..sampling.kernel_clocks import runs
from ..stacks.naming import FunctionNames
from ..stacks.own import remarks
from ..stacks.table import StackTable
from ..stacks.task_views import TaskTable
from ..stacks.thread_frames import not_seen, thread_frames

GOROUTINE = ValueType("goroutine", "count")
#: A loop that has not answered after so many seconds is called stuck.
STUCK_SECONDS = 0.1


class _Ping:
    """Asks a loop to show that it runs."""

    def __init__(self, watched: WatchedLoop) -> None:
        self._watched = watched
        self._answered = threading.Event()
        self._asked = time.monotonic()
        try:
            watched.loop.call_soon_threadsafe(self._answered.set)
        except RuntimeError:
            # Closed meanwhile: nothing runs in it, nothing is stuck.
            self._answered.set()

    def stuck(self) -> bool:
        """Whether the loop stays silent for ``STUCK_SECONDS`` from the question on."""
        # A loop that does not run has nothing to answer with; its tasks wait for that.
        if not self._watched.loop.is_running():
            return False
        return not self._answered.wait(max(0.0, STUCK_SECONDS - (time.monotonic() - self._asked)))


class GoroutineDump:
    """Looks at the threads of this process and the tasks of ``loops``. Belongs to the thread that looks."""

    def __init__(self, loops: Loops, creations: TaskCreations, pace: Pace) -> None:
        self._loops = loops
        self._creations = creations
        self._recorded = creations.kept > 0
        # By when a task was first seen. One object for all of the same age: many new ones would send the garbage
        # collector, which stops every thread, through the whole heap.
        self._ages: dict[int, tuple[Label, ...]] = {}
        self._pace = pace
        self._names = FunctionNames()
        self._stacks = StackTable()

    def profile(self, program: str, first_seen: WeakKeyDictionary[Task[Any], int]) -> Profile:
        """The profile; ``first_seen`` remembers the tasks for later ages. Its samples are made while it is encoded."""
        time_ns = time.time_ns()
        pings = [(watched, _Ping(watched)) for watched in self._loops]
        threads = self._threads()
        now = time.monotonic_ns()
        table = TaskTable(self._names, self._pace, lambda task: self._age(task, first_seen, now))
        for watched, _ in pings:
            table.add_loop(watched)
        table.name_holders()
        comments = [f"{table.left_out} tasks left out"] if table.left_out else []
        comments += not_seen()
        comments += table.cycles()
        comments += [self._stuck(watched) for watched, ping in pings if ping.stuck()]
        return Profile(
            sample_types=(GOROUTINE,),
            samples=chain(threads, self._tasks(table)),
            default_sample_type=GOROUTINE.type,
            period_type=GOROUTINE,
            period=1,
            time_ns=time_ns,
            comments=(*comments, *remarks()),
            program=program,
        )

    def _stack(self, frame: FrameType | None) -> Stack:
        return self._stacks.resolve(self._stacks.walk(frame), self._names)

    def _threads(self) -> list[Sample]:
        threads = {thread.ident: thread for thread in threading.enumerate()}
        me = threading.get_ident()
        # All frames at once and given up at once: the last one to hold a frame is the one in whose thread its local
        # variables die.
        seen = [(ident, self._stacks.walk(frame)) for ident, frame in thread_frames().items() if ident != me]
        samples: list[Sample] = []
        for ident, raw in self._pace.over(seen, every=4):
            thread = threads.get(ident)
            name = f"thread-{ident:#x}" if thread is None else thread.name
            labels = (Label("thread", name), Label("state", _thread_state(thread)))
            samples.append(Sample(self._stacks.resolve(raw, self._names), (1,), labels))
        return samples

    def _tasks(self, table: TaskTable) -> Iterator[Sample]:
        threads = {thread.ident: thread.name for thread in threading.enumerate()}
        for row, stack in enumerate(table.stacks):
            yield Sample(stack, (1,), table.labels(row, threads.get(table.threads[row], "")))

    def _age(self, task: Task[Any], first_seen: WeakKeyDictionary[Task[Any], int], now: int) -> tuple[Label, ...]:
        creation = self._creations.find(task, self._names) if self._recorded else None
        if creation is not None:
            created = (Label("created", f"{frame.function}:{frame.line}") for frame in creation.stack[:1])
            return (Label("age", now - creation.monotonic_ns, "nanoseconds"), *created)
        seen = first_seen.setdefault(task, now)
        age = self._ages.get(seen)
        if age is None:
            self._ages[seen] = age = (Label("age_at_least", now - seen, "nanoseconds"),) if seen != now else ()
        return age

    def _stuck(self, watched: WatchedLoop) -> str:
        stack = self._stack(thread_frames().get(watched.thread))
        at = f"{stack[0].function} ({stack[0].filename}:{stack[0].line})" if stack else "no Python code"
        return f"the event loop did not answer for {STUCK_SECONDS:g} s: stuck in {at}"


def _thread_state(thread: threading.Thread | None) -> str:
    """What the kernel says of a thread; one that wants the GIL counts as waiting."""
    if thread is None or thread.native_id is None:
        return ""
    running = runs("self", thread.native_id)
    return "" if running is None else "running" if running else "waiting"


class GoroutineKind:
    """Stacks of all threads and tasks of this process, at one moment; the counterpart of Go's ``goroutine``.

    ``creations`` knows when tasks began, while it records.
    """

    name = "goroutine"
    parameters: tuple[str, ...] = ()
    default_seconds: float | None = None

    def __init__(self, loops: Loops, creations: TaskCreations, program: Callable[[], str]) -> None:
        self._loops = loops
        self._creations = creations
        self._program = program
        self._first_seen: WeakKeyDictionary[Task[Any], int] = WeakKeyDictionary()

    async def take(self, request: ProfileRequest) -> bytes:
        """A gzipped pprof profile with the sample type ``goroutine`` and labels for each thread and task."""
        self._loops.watch_running()
        # Else the loop would be seen starting the thread that looks, whatever it does otherwise.
        turned = threading.Event()
        asyncio.get_running_loop().call_soon(turned.set)
        return await off_loop(lambda pace: self.take_now(pace, turned))

    def take_now(self, pace: Pace | None = None, turned: threading.Event | None = None) -> bytes:
        """The same from any thread, also while every loop is stuck. Blocks for a tenth of a second then.

        ``turned``, if given, is waited for before the look, for as long at most.
        """
        pace = pace or Pace()
        if turned is not None:
            turned.wait(STUCK_SECONDS)
        dump = GoroutineDump(self._loops, self._creations, pace)
        return encode(dump.profile(self._program(), self._first_seen), pace)
