"""The engine that is always there: a thread that looks at the stacks of all others.

It sees what the interpreter shows, and only when it has the interpreter lock: a thread that runs Python code is seen
at the next place where it gives the lock away, a call into C that keeps it is seen after it. ``switch_interval`` says
what that means for event loops and what is done about it. What each stack is worth is not guessed: in mode ``cpu`` it
is the processor time that the thread really used since the last look, read from the kernel, so shares stay true when
looks come late, and threads in native code count.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TypeAlias

from ...errors import Unsupported
from ..pacing.loops import Loops, task_label
from ..pacing.pace import Pace, beside_loop
from ..pacing.switch_interval import SwitchInterval
from ..pacing.thread_clocks import ThreadClocks
from ..pprof.model import Frame, Label, Sample, Stack
from ..stacks.naming import FunctionNames
from ..stacks.table import RawStack, StackTable
from ..stacks.thread_frames import hidden, thread_frames
from .engine import UNSEEN, Mode, Recording, SamplingOrder
from .kernel_clocks import KernelClocks, waiting

#: Different stacks kept; further ones are counted together.
MAX_STACKS = 100_000
#: Different task names kept apart.
MAX_TASK_LABELS = 1000
OTHER = Frame("[other stacks]")
# In the place of a stack that is one of too many.
_ONE_OF_MANY: RawStack = (0, 0, 0, 0)
# Less than this since the last look is left to the next one: a stack is walked only for a thread that did something.
_LEAST_NS = 20_000
_SMOOTHING = 0.1
# A thread that used so much of the time wants the interpreter lock most of the time.
_CROWDING = 0.3
# Beside a thread that gives the lock up and takes it back at once, one that waits for it may wait for seconds.
_STARVED = 5
_COST = "cost is the sampling thread's processor time, during which it holds the GIL"

Key: TypeAlias = tuple[str, int, str, RawStack]


class _Looks:
    """The looks of one recording; lives in the sampling thread."""

    def __init__(self, order: SamplingOrder, loops: Loops) -> None:
        self._wall = order.mode is Mode.WALL
        self._loops = loops
        self._stacks = StackTable()
        self._clocks = ThreadClocks()
        self._seen: dict[Key, list[int]] = {}
        self._task_labels: set[str] = set()
        self._me = threading.get_ident()
        self._last = 0
        self.settled_ns = 0
        self.count = 0
        self._threads = 0
        #: Looks at which nothing could be seen: another interpreter had come meanwhile.
        self.hidden = 0
        #: Looks at which more than one thread had worked a good part of the time.
        self.crowded = 0
        #: The sum of the squares of what was seen in each look at a thread.
        self.spread = 0
        #: Whether the last look was none of those.
        self.alone = True

    def start(self) -> None:
        """Take the clocks as they are: what was used before does not count."""
        self._clocks.refresh()
        self._clocks.take_all(0)
        self._threads = len(thread_frames())
        self._last = time.monotonic_ns()

    def look(self) -> None:
        """Look at every thread once."""
        now = time.monotonic_ns()
        elapsed, self._last = now - self._last, now
        used = {} if self._wall else dict(self._clocks.take_all(_LEAST_NS))
        used.pop(self._me, None)
        # Frames are held for some microseconds only: who is the last to hold the frame of a function that has returned
        # has its local variables die in his thread.
        frames = thread_frames()
        threads = len(frames)
        # Its own one is always there otherwise.
        self.hidden += not frames
        if self._wall:
            used = {ident: elapsed for ident in frames if ident != self._me}
        seen = [(ident, worth, self._stacks.walk(frames.get(ident))) for ident, worth in used.items()]
        del frames
        for ident, worth, raw in seen:
            self._count((*self._clocks.identity(ident), self._task(ident), raw), worth)
        self.settled_ns += sum(used.values())
        self.spread += sum(worth**2 for worth in used.values())
        self.count += 1
        self.alone = sum(worth > elapsed * _CROWDING for worth in used.values()) <= 1
        self.crowded += not self.alone
        if threads != self._threads:
            self._threads = threads
            self._clocks.refresh()

    def notes(self) -> tuple[str, ...]:
        """What is to know about the truth of the shares."""
        notes = (f"in {self.hidden} looks no thread was seen: another interpreter ran",) if self.hidden else ()
        if self._wall or self.crowded * 20 < self.count:
            return notes
        share = 100 * self.crowded / self.count
        return (
            *notes,
            f"in {share:.0f} % of the looks several threads had worked: one that gives up the GIL often, such as an"
            " event loop, is then seen where it waits; py-spy is free of that",
        )

    def _count(self, key: Key, worth: int) -> None:
        found = self._seen.get(key)
        if found is None:
            if len(self._seen) >= MAX_STACKS:
                key = (key[0], key[1], "", _ONE_OF_MANY)
            found = self._seen.setdefault(key, [0, 0])
        found[0] += 1
        found[1] += worth

    def _task(self, ident: int) -> str:
        watched = self._loops.in_thread(ident)
        task = watched.current_task() if watched is not None else None
        if task is None:
            return ""
        label = task_label(task)
        if label not in self._task_labels:
            if len(self._task_labels) >= MAX_TASK_LABELS:
                return ""
            self._task_labels.add(label)
        return label

    def samples(self, pace: Pace) -> list[Sample]:
        """What was seen, with names; equal stacks are one sample."""
        names = FunctionNames()
        names.learn(self._stacks.filenames())
        merged: dict[tuple[Stack, tuple[Label, ...]], list[int]] = {}
        for (thread, tid, task, raw), (count, worth) in pace.over(self._seen.items()):
            # A thread without frames is in another interpreter, or ends just now.
            stack = (OTHER,) if raw == _ONE_OF_MANY else self._stacks.resolve(raw, names) or (UNSEEN,)
            labels: tuple[Label, ...] = (
                (Label("thread", thread), Label("tid", tid)) if tid else (Label("thread", thread),)
            )
            labels += (Label("task", task),) if task else ()
            total = merged.setdefault((stack, labels), [0, 0])
            total[0] += count
            total[1] += worth
        return [Sample(stack, (count, worth), labels) for (stack, labels), (count, worth) in merged.items()]


class ThreadSampler:
    """The engine ``builtin``: samples this process from a thread of its own. Modes ``cpu`` and ``wall``.

    ``loops`` are those whose running task becomes the label ``task``.
    """

    name = "builtin"

    def __init__(self, loops: Loops | None = None) -> None:
        self._loops = Loops() if loops is None else loops

    def unfit(self, order: SamplingOrder) -> str:
        """It can do all but mode ``gil``, as it has the lock itself when it looks, where threads may be looked at."""
        return "the built-in sampler cannot see who holds the GIL" if order.mode is Mode.GIL else hidden()

    async def record(self, order: SamplingOrder) -> Recording:
        """Sample as ordered. Raises Unsupported for mode ``gil``, and where threads cannot be looked at."""
        reason = self.unfit(order)
        if reason:
            raise Unsupported("mode gil" if order.mode is Mode.GIL else f"a profile by the engine {self.name}", reason)
        return await beside_loop(lambda pace: _record(order, self._loops, pace), "corvo-sampler")


def _record(order: SamplingOrder, loops: Loops, pace: Pace) -> Recording:
    looks = _Looks(order, loops)
    clocks = KernelClocks(os.getpid())
    looks.start()
    began, began_ns = time.monotonic(), time.time_ns()
    process_ns, own_ns = time.process_time_ns(), time.thread_time_ns()
    schedule = _Schedule(order, began)
    with SwitchInterval() as interval:
        interval.choose(short=True)
        while (pause := schedule.pause()) is not None:
            pace.rest(pause)
            looks.look()
            interval.choose(short=looks.alone or schedule.starved())
            schedule.looked()
        spent = time.thread_time_ns() - own_ns
        duration_ns = round((time.monotonic() - began) * 1e9)
        unseen = time.process_time_ns() - process_ns - spent - looks.settled_ns
        # What follows is computed, see ``pace``.
        interval.choose(short=True)
        samples = looks.samples(pace)
        waited = clocks.use().waited
    if order.mode is Mode.CPU and unseen > duration_ns // 1000:
        samples.append(Sample((UNSEEN,), (0, unseen)))
    return Recording(
        engine=ThreadSampler.name,
        samples=samples,
        time_ns=began_ns,
        duration_ns=duration_ns,
        period_ns=round(schedule.interval * 1e9),
        asked=round(order.seconds * order.hz),
        taken=looks.count,
        cost=100 * spent / duration_ns,
        notes=(
            _COST,
            *schedule.notes(),
            *looks.notes(),
            *waiting(waited, duration_ns),
        ),
        spread=looks.spread,
    )


class _Schedule:
    """When to look next: ``hz`` times a second, or less often when the looks take more than their budget."""

    def __init__(self, order: SamplingOrder, began: float) -> None:
        self._order = order
        self._end = began + order.seconds
        self._next = began
        self._spent_ns = time.thread_time_ns()
        self._per_look = 0.0
        self.interval = 1 / order.hz

    def pause(self) -> float | None:
        """Seconds until the next look, None when the time is over. Looks that were missed are not made up for."""
        now = time.monotonic()
        self._next = max(self._next + self.interval, now)
        return self._next - now if self._next <= self._end and not self._order.is_over else None

    def starved(self) -> bool:
        """Whether the last look came far too late."""
        return time.monotonic() - self._next > _STARVED * self.interval

    def looked(self) -> None:
        """Measure what the last look took and choose the interval."""
        spent = time.thread_time_ns()
        took, self._spent_ns = (spent - self._spent_ns) / 1e9, spent
        self._per_look = took if not self._per_look else self._per_look + _SMOOTHING * (took - self._per_look)
        self.interval = max(1 / self._order.hz, self._per_look * 100 / self._order.budget)

    def notes(self) -> tuple[str, ...]:
        """What is to say about the rate."""
        if self.interval <= 1.01 / self._order.hz:
            return ()
        return (f"rate lowered to {1 / self.interval:.0f} Hz: a look takes {self._per_look * 1e3:.2f} ms",)
