"""What is to be written, at most one entry per module: a later report replaces an earlier one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from ..clock import Clock
from .source import Present


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be made true of one module; ``present`` None means that it goes.

    ``attempt`` counts the tries that failed. ``final`` work does not linger any more.
    """

    source: str
    present: Present | None
    attempt: int = 0
    final: bool = False

    def failed(self) -> Work:
        """The same, one try later."""
        return replace(self, attempt=self.attempt + 1)


@dataclass(frozen=True, slots=True)
class _Deferred:
    due: float
    work: Work
    #: Whether ``wait_idle`` waits for it: a try that failed is owed, a removal that lingers is not.
    owed: bool


class WorkQueue:
    """Work in the order of its coming, for one consumer; producers wait while ``size`` modules wait.

    Deferred work waits beside it until its time has come; a later report on the same module replaces it.
    """

    def __init__(self, size: int, clock: Clock) -> None:
        self._size = size
        self._clock = clock
        self._ready: OrderedDict[str, Work] = OrderedDict()
        self._deferred: dict[str, _Deferred] = {}
        self._in_hand = False
        self._moved = asyncio.Condition()
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._ready) + sum(each.owed for each in self._deferred.values())

    def __contains__(self, name: object) -> bool:
        return name in self._ready or name in self._deferred

    @property
    def lingering(self) -> int:
        """How many removals wait for their time."""
        return sum(not each.owed for each in self._deferred.values())

    def clear(self) -> None:
        """Forget everything: a new leader asks the sources anew."""
        self._ready.clear()
        self._deferred.clear()
        self._in_hand = False

    async def put(self, name: str, work: Work) -> None:
        """Add the latest report on a module; waits while the queue is full."""
        async with self._moved:
            await self._moved.wait_for(lambda: name in self._ready or len(self._ready) < self._size)
            deferred = self._deferred.get(name)
            if deferred is not None and not deferred.owed and work.present is None:
                # Its removal waits already: reporting once more that it is gone must not restart the wait.
                return
            self._deferred.pop(name, None)
            self._ready[name] = work
            self._arrived.set()

    def put_back(self, name: str, work: Work) -> None:
        """Put what was taken back to the front, unless a later report on the module waits already."""
        if name not in self._ready:
            self._ready[name] = work
            self._ready.move_to_end(name, last=False)

    def defer(self, name: str, work: Work, seconds: float, *, owed: bool) -> None:
        """Queue ``work`` again after ``seconds``, unless a later report on the module comes before."""
        if name not in self._ready:
            self._deferred[name] = _Deferred(self._clock.monotonic() + seconds, work, owed)
            # A consumer that waits already has to wait for this, too.
            self._arrived.set()

    async def take(self) -> tuple[str, Work]:
        """The next one; waits for it. ``done`` follows when it is dealt with."""
        while not self._ready:
            self._arrived.clear()
            await self._wait()
            self._promote()
        async with self._moved:
            name, work = self._ready.popitem(last=False)
            self._in_hand = True
            self._moved.notify_all()
        return name, work

    async def done(self) -> None:
        """What was taken is dealt with."""
        self._promote()
        async with self._moved:
            self._in_hand = False
            self._moved.notify_all()

    async def wait_idle(self) -> None:
        """Wait until nothing waits, is in hand or is owed; what lingers may go on."""
        async with self._moved:
            await self._moved.wait_for(lambda: not self._in_hand and not len(self))

    def _promote(self) -> None:
        now = self._clock.monotonic()
        for name in [name for name, each in self._deferred.items() if each.due <= now]:
            self._ready[name] = self._deferred.pop(name).work

    async def _wait(self) -> None:
        """Until something arrives or the first deferred work is due."""
        waits: set[asyncio.Future[Any]] = {asyncio.ensure_future(self._arrived.wait())}
        if self._deferred:
            due = min(each.due for each in self._deferred.values())
            waits.add(asyncio.ensure_future(self._sleep_until(due)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def _sleep_until(self, due: float) -> None:
        await self._clock.sleep(due - self._clock.monotonic())
