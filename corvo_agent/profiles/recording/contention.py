"""Where time is lost by waiting: loops that do not turn, tasks and threads that stand at locks and queues.

A thread looks again and again, nothing is patched. A heartbeat through each loop tells when it is late; while it is,
the loop's stack says why. Tasks and threads that wait are counted with the time between two looks. So delays are
estimates, good where they matter: what waits long is seen often.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from asyncio import Task
from typing import Any, NamedTuple

from ..pacing.loops import Loops, WatchedLoop, task_label
from ..pacing.pace import Pace
from ..pacing.periodic_work import PeriodicWork
from ..pacing.thread_clocks import ThreadClocks
from ..pprof.model import Frame, Label, Sample, Stack
from ..stacks.await_chain import await_chain, wait_of
from ..stacks.naming import FunctionNames
from ..stacks.own import is_own
from ..stacks.table import StackTable
from ..stacks.thread_frames import thread_frames
from .lock_waits import LockSites

#: A loop that is late by so many seconds stalls.
STALL_SECONDS = 0.05
#: Seconds between two looks at loops and threads, and at tasks, of which there may be many.
LOOK_SECONDS = 0.01
TASKS_SECONDS = 0.1
#: Different stacks kept of each kind of wait; further ones are counted together.
MAX_STACKS = 10_000
OTHER = (Frame("[other stacks]"),)
_IDLE_NS = 1_000_000
_MUTEX_STATES = frozenset(("waiting: lock", "waiting: semaphore", "waiting: condition"))
_BLOCK_STATES = _MUTEX_STATES | {"waiting: event", "waiting: barrier", "waiting: queue get", "waiting: queue put"}


class _WaitPlace(NamedTuple):
    stack: Stack
    labels: tuple[Label, ...]


class _AtLock(NamedTuple):
    """A thread that stood at a lock at the last look; ``counted`` when it stood there before, too.

    The frame by its id: the local variables of one that is held here would die in this thread.
    """

    frame: int
    at: int
    counted: bool


class Delays:
    """How often and how long something waited, by place. Written by the looking thread, read by any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[_WaitPlace, list[int]] = {}

    def add(self, stack: Stack, labels: tuple[Label, ...], times: int, nanoseconds: int) -> None:
        """One look: ``times`` new waits, and so much more of waiting."""
        with self._lock:
            found = self._places.get(_WaitPlace(stack, labels))
            if found is None:
                # Bounded by places and not by events: a program that runs for weeks keeps waiting at the same ones.
                place = _WaitPlace(stack, labels) if len(self._places) < MAX_STACKS else _WaitPlace(OTHER, ())
                found = self._places.setdefault(place, [0, 0])
            found[0] += times
            found[1] += nanoseconds

    def samples(self) -> list[Sample]:
        """What was counted so far."""
        with self._lock:
            return [Sample(place.stack, (*values,), place.labels) for place, values in self._places.items()]


class _Heart:
    """The heartbeat of one loop; the loop's thread writes ``answered``."""

    def __init__(self, watched: WatchedLoop) -> None:
        self.watched = watched
        self.asked = 0.0
        self.answered = True
        self.counted = 0.0

    def _answer(self) -> None:
        self.answered = True

    def late(self, now: float) -> float:
        """Seconds since the last look by which the loop is late; 0 while it is in time."""
        if self.answered:
            self.asked = self.counted = now
            self.answered = False
            try:
                self.watched.loop.call_soon_threadsafe(self._answer)
            except RuntimeError:
                # Closed between two looks.
                self.answered = True
            return 0.0
        # A loop that was stopped between two runs does not stall.
        if now - self.asked < STALL_SECONDS or not self.watched.loop.is_running():
            return 0.0
        missed, self.counted = now - self.counted, now
        return missed


class ContentionWatch:
    """The looks: fills ``stalls``, ``block`` and ``mutex`` while it runs. Belongs to the thread that runs it."""

    def __init__(self, loops: Loops) -> None:
        self._loops = loops
        self.since_ns = time.time_ns()
        #: Loops that do not turn, by what holds them.
        self.stalls = Delays()
        #: Tasks that wait for locks, queues, events and the like; those at locks are in ``mutex``, too.
        self.block = Delays()
        self.mutex = Delays()
        #: Waits of the agent's own tasks, which are in neither.
        self.own = 0
        self._names = FunctionNames()
        self._stacks = StackTable()
        self._sites = LockSites()
        self._clocks = ThreadClocks()
        self._hearts: dict[WatchedLoop, _Heart] = {}
        self._at_lock: dict[int, _AtLock] = {}
        self._waiting: dict[Task[Any], object] = {}

    def run(self, pace: Pace, seconds: float = math.inf) -> None:
        """Look for ``seconds``; raises Cancelled. A kind of look that takes over 1 % of the time becomes rarer."""
        self._clocks.refresh()
        end = time.monotonic() + seconds
        periodic = (
            PeriodicWork(self._look_at_loops, LOOK_SECONDS),
            PeriodicWork(self._look_at_threads, LOOK_SECONDS),
            PeriodicWork(lambda elapsed: self._look_at_tasks(elapsed, pace), TASKS_SECONDS),
        )
        while (now := time.monotonic()) < end:
            for work in periodic:
                work.do_if_due(now)
            pace.rest(max(0.0, min(end, *(work.due for work in periodic)) - time.monotonic()))

    def _look_at_loops(self, elapsed: float) -> None:
        now = time.monotonic()
        # Made anew at each look, so that loops that are gone drop out.
        hearts = {watched: self._hearts.get(watched) or _Heart(watched) for watched in self._loops}
        self._hearts = hearts
        for watched, heart in hearts.items():
            begins = heart.counted == heart.asked
            late = heart.late(now)
            if late:
                stack = self._stack(thread_frames().get(watched.thread))
                task = watched.current_task()
                labels = [Label("thread", self._clocks.name(watched.thread)), Label("state", "event loop stalled")]
                if task is not None:
                    labels.append(Label("task", task_label(task)))
                self.stalls.add(stack, tuple(labels), int(begins), round(late * 1e9))

    def _stack(self, frame: Any) -> Stack:
        return self._stacks.resolve(self._stacks.walk(frame), self._names)

    def _look_at_threads(self, elapsed: float) -> None:
        at_lock: dict[int, _AtLock] = {}
        for ident, frame in thread_frames().items():
            state = self._sites.state(frame)
            if not state:
                continue
            used = self._clocks.take(ident)
            before = self._at_lock.get(ident)
            # At the same instruction without having run: it waits there and did not just pass by again.
            still = used < _IDLE_NS and before is not None and before[:2] == (id(frame), frame.f_lasti)
            at_lock[ident] = _AtLock(id(frame), frame.f_lasti, still)
            if before is not None and still:
                labels = (Label("thread", self._clocks.name(ident)), Label("state", state))
                self.mutex.add(self._stack(frame), labels, int(not before.counted), round(elapsed * 1e9))
        self._at_lock = at_lock

    def _look_at_tasks(self, elapsed: float, pace: Pace) -> None:
        waiting: dict[Task[Any], object] = {}
        for watched in self._loops:
            for task in pace.over(asyncio.all_tasks(watched.loop), every=16):
                chain = await_chain(task.get_coro())
                wait = wait_of(task, chain)
                if wait.state not in _BLOCK_STATES:
                    continue
                waiting[task] = wait.on
                # Waiting for the same object as at the last look is one wait that goes on, not a second one.
                new = self._waiting.get(task) is not wait.on
                pairs = ((each.f_code, each.f_lasti) for each in reversed(chain.frames))
                stack = tuple([self._names.frame(code, at) for code, at in pairs])
                if is_own(stack):
                    self.own += new
                    continue
                labels = (Label("task", task_label(task)), Label("state", wait.state))
                for delays in (self.block, self.mutex) if wait.state in _MUTEX_STATES else (self.block,):
                    delays.add(stack, labels, int(new), 0 if new else round(elapsed * 1e9))
        self._waiting = waiting
