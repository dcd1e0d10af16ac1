"""One sampler for several callers who ask for the same of one process: each gets what was seen in its own time.

Two samplers at once would each count the cost of the other, and one after the other the later caller would wait for the
earlier one's whole time, as behind ``corvo top``, which asks again and again. So the sampler runs in parts: a part ends
when a caller comes or has had its time, and a caller gets the parts that lie in its time, put together.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from ..pacing.exclusive import Exclusive
from ..pprof.model import Label, Sample, Stack
from .engine import Recording, SamplingOrder

# Seconds: what is left of a time that is not worth another part, and how soon one who asks again and again is back.
_CLOSE, _RETURN = 0.25, 0.03
_NUMBER = re.compile(r"\d[\d.]*")

#: Samples as ordered; the recording, and what is to be said of how it was chosen.
Record = Callable[[SamplingOrder], Awaitable[tuple[Recording, list[str]]]]
Taken = tuple[Recording, list[str]]


@dataclass(eq=False, slots=True)
class _Caller:
    """One who waits: seconds still to be sampled for it, and what was."""

    left: float
    answer: asyncio.Future[Taken]
    parts: list[Taken] = field(default_factory=list)


class SharedSampler:
    """Lets callers with equal orders share one sampler; those with other orders take turns, by ``exclusive``.

    Belongs to one event loop at a time.
    """

    def __init__(self, exclusive: Exclusive) -> None:
        self._exclusive = exclusive
        self._running: dict[object, _Run] = {}

    async def record(self, key: object, order: SamplingOrder, record: Record, patience: float | None) -> Taken:
        """What ``record`` gives for ``order``; ``key`` and the order without its seconds say who may share.

        Raises what ``record`` raises, and ResourceExhausted when the turn does not come in ``patience`` seconds. When
        the last caller is cancelled, the sampler has ended afterwards.
        """
        shared = (key, replace(order, seconds=0.0), asyncio.get_running_loop())
        run = self._running.get(shared)
        if run is None:
            run = self._running[shared] = _Run(order, record, partial(self._forget, shared))
            run.start(self._exclusive, patience)
        return await run.join(order.seconds)

    def _forget(self, shared: object, run: _Run) -> None:
        if self._running.get(shared) is run:
            del self._running[shared]


class _Run:
    """The sampler while anyone waits for it."""

    def __init__(self, order: SamplingOrder, record: Record, ended: Callable[[_Run], object]) -> None:
        self._order = order
        self._record = record
        # Called when no caller may join it any more.
        self._ended = ended
        self._callers: list[_Caller] = []
        self._stop = threading.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, exclusive: Exclusive, patience: float | None) -> None:
        """Sample as soon as it is its turn, until no caller is left."""
        self._task = asyncio.create_task(self._sample(exclusive, patience), name="corvo-sampler")

    async def join(self, seconds: float) -> Taken:
        """What is seen in the next ``seconds``."""
        caller = _Caller(seconds, asyncio.get_running_loop().create_future())
        self._callers.append(caller)
        # The part that runs began before its time.
        self._stop.set()
        try:
            return await caller.answer
        finally:
            if caller in self._callers:
                self._callers.remove(caller)
            if not self._callers and self._task is not None:
                # Who was cancelled, and was the last, leaves nothing behind.
                self._ended(self)
                self._task.cancel()
                await asyncio.wait({self._task})

    async def _sample(self, exclusive: Exclusive, patience: float | None) -> None:
        try:
            async with exclusive.held(patience):
                while self._callers:
                    await self._part()
        except Exception as error:
            for caller in self._callers:
                if not caller.answer.done():
                    caller.answer.set_exception(error)
        finally:
            self._ended(self)

    async def _part(self) -> None:
        present, self._stop = list(self._callers), threading.Event()
        seconds = min(caller.left for caller in present)
        taken = await self._record(replace(self._order, seconds=seconds, stop=self._stop))
        lasted = taken[0].duration_ns / 1e9
        # One that ended by itself before its time, as its process did, is not begun again.
        over = not self._stop.is_set() and lasted < seconds - _CLOSE
        for caller in present:
            caller.parts.append(taken)
            caller.left -= lasted
            if (over or caller.left < _CLOSE) and caller in self._callers:
                self._callers.remove(caller)
                caller.answer.set_result(_joined(caller.parts))
        if self._callers:
            await asyncio.sleep(_RETURN)


def _joined(parts: Sequence[Taken]) -> Taken:
    """The parts as one recording."""
    if len(parts) == 1:
        return parts[0]
    recordings = [recording for recording, _ in parts]
    last = recordings[-1]
    values: dict[tuple[Stack, tuple[Label, ...]], tuple[int, ...]] = {}
    for sample in (sample for recording in recordings for sample in recording.samples):
        before = values.get((sample.stack, sample.labels), (0,) * len(sample.values))
        values[sample.stack, sample.labels] = tuple(a + b for a, b in zip(before, sample.values, strict=True))
    duration = sum(each.duration_ns for each in recordings)
    joined = replace(
        last,
        samples=[Sample(stack, found, labels) for (stack, labels), found in values.items()],
        time_ns=recordings[0].time_ns,
        duration_ns=duration,
        asked=sum(each.asked for each in recordings),
        taken=sum(each.taken for each in recordings),
        errors=sum(each.errors for each in recordings),
        cost=sum(each.cost * each.duration_ns for each in recordings) / max(duration, 1),
        notes=_notes(recordings),
        spread=sum(each.spread for each in recordings),
        doubted=sum(each.doubted for each in recordings),
    )
    return joined, parts[-1][1]


def _notes(recordings: Sequence[Recording]) -> tuple[str, ...]:
    """What is said of the parts: of those that differ in their numbers only, the last, and of how many it is."""
    said: dict[str, list[str]] = {}
    for note in (note for each in recordings for note in each.notes):
        said.setdefault(_NUMBER.sub("N", note), []).append(note)
    notes = [f"in {len(recordings)} parts, between which nothing was seen: others were profiling the process, too"]
    for found in said.values():
        differ = len(set(found)) > 1
        notes.append(f"{found[-1]} (so the last of {len(found)} parts that say this)" if differ else found[-1])
    return tuple(notes)
