"""Places for queries that no caller can keep from the others, whatever it asks for and however slowly it reads.

While there are free ones, whoever comes first takes them. Once they are all taken, one more waits for a moment, and
one gives way: who takes nothing of an answer that is there; the caller or connection that holds two places more
than the one that waits; and, for a connection that holds none, a query that can be asked again.
"""

from __future__ import annotations

import asyncio
import enum
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ..errors import ResourceExhausted, Unavailable
from .admission import Admission

T = TypeVar("T")

# Seconds after which an answer that is not taken, a greedy caller's query, and any that can be asked again give way.
_STALLED, _GREEDY, _LONG = 1.0, 1.0, 2.0
# Seconds in which one that was told to end does so.
_ENDING = 0.1
# Calls of one connection that wait at once.
_WAITING = 8


class Yields(enum.IntEnum):
    """When what is under way gives its place to others: once it is answered, also to a caller with fewer, to any."""

    ANSWERED = 1
    TO_FEWER = 2
    TO_ANY = 3


class Place:
    """One that is taken, or waited for, by the ``caller`` on ``connection``; ``spare`` may use the reserve."""

    def __init__(self, caller: str, connection: int, yields: Yields = Yields.ANSWERED, *, spare: bool = False) -> None:
        self.caller = caller
        self.connection = connection
        self.yields = yields
        self.spare = spare
        self.since = 0.0
        #: When its answer was there, or a part of it was taken last; None before.
        self.offered: float | None = None
        #: Ends its call, set once there is an answer that may not be taken.
        self.cut: Callable[[], object] | None = None
        self.task: asyncio.Task[Any] | None = None
        #: When it was told to end; None before.
        self.ended: float | None = None

    def taken(self) -> None:
        """A part of its answer was taken, or all of it is there now."""
        self.offered = asyncio.get_running_loop().time()

    def give_way(self) -> None:
        """End what is under way."""
        self.ended = asyncio.get_running_loop().time()
        if self.offered is not None and self.cut is not None:
            self.cut()
        elif self.task is not None:
            self.task.cancel()


class FairPlaces(Admission):
    """``places``, and ``reserve`` more for what is small and urgent; one more waits ``patience`` seconds at most."""

    def __init__(self, what: str, places: int, *, reserve: int = 0, patience: float = 5.0) -> None:
        super().__init__(what, places)
        self._reserve = reserve
        self._patience = patience
        self._taken_by: set[Place] = set()
        self._waiting: dict[Place, None] = {}
        self._changed = asyncio.Event()

    async def enter(self, place: Place, seconds: float | None) -> None:
        """Take ``place`` for a call of ``seconds``; raises ResourceExhausted when none is free in time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + (self._patience if seconds is None else min(self._patience, seconds / 2))
        if self._free(place) and not self._waiting:
            self._take(place)
            return
        if sum(each.connection == place.connection for each in self._waiting) >= _WAITING:
            raise ResourceExhausted(self._what, self.places)
        self._waiting[place] = None
        try:
            while not (self._free(place) and self._is_next(place)):
                now = loop.time()
                if now >= until:
                    raise ResourceExhausted(self._what, self.places)
                victim, when = self._victim(place)
                if victim is not None and when <= now:
                    victim.give_way()
                    continue
                await self._change(min(until, when) - now)
            self._take(place)
        finally:
            self._waiting.pop(place, None)
            self._tell()

    @contextmanager
    def held(self, place: Place) -> Iterator[Place]:
        """In here ``place``, which was entered, is taken; it is free afterwards."""
        try:
            yield place
        finally:
            self._taken_by.discard(place)
            # The call knows its place, too: in a circle with it, it would be left to the garbage collector.
            place.cut = None
            self._held -= 1
            self._tell()

    async def run_in(self, place: Place, work: Coroutine[Any, Any, T], seconds: float | None, name: str) -> T:
        """As ``run``; raises ResourceExhausted when the place was given to others."""
        try:
            return await self.run(work, seconds, name, started=lambda task: setattr(place, "task", task))
        except Unavailable:
            if place.ended is not None:
                raise ResourceExhausted(f"{self._what} (others waited for their turn)", self.places) from None
            raise
        finally:
            # It holds the answer, which has to go when it is sent.
            place.task = None

    def spare_stalled(self) -> float:
        """End the one that has not taken its answer for longest, if that is a second; when to ask again."""
        now = asyncio.get_running_loop().time()
        offered = [(each.offered, each) for each in self._taken_by if each.offered is not None and each.ended is None]
        since, place = min(offered, key=lambda each: each[0], default=(now, None))
        if place is None or now < since + _STALLED:
            return since + _STALLED
        place.give_way()
        return now + _ENDING

    def _free(self, place: Place) -> bool:
        return self.taken < self.places + (self._reserve if place.spare else 0)

    def _take(self, place: Place) -> None:
        place.since = asyncio.get_running_loop().time()
        self._held += 1
        self._taken_by.add(place)

    def _is_next(self, place: Place) -> bool:
        """Whether no other one that waits, and could go, holds fewer places."""
        callers, connections = self._shares()
        waiting = [each for each in self._waiting if self._free(each)]
        # Equal ones in the order of their coming.
        first = min(waiting, key=lambda each: (callers[each.caller], connections[each.connection]))
        return first is place

    def _shares(self) -> tuple[Counter[str], Counter[int]]:
        return Counter(each.caller for each in self._taken_by), Counter(each.connection for each in self._taken_by)

    def _victim(self, place: Place) -> tuple[Place | None, float]:
        """Who gives way to ``place``, and when; infinity for never."""
        callers, connections = self._shares()
        best: Place | None = None
        soonest = float("inf")
        now = asyncio.get_running_loop().time()
        ending = [each for each in self._taken_by if each.ended is not None and now < each.ended + _ENDING]
        if len(ending) >= len(self._waiting):
            # Those that were told to end leave room for all that wait.
            return None, now + _ENDING
        for each in self._taken_by:
            if each.ended is not None or each.spare > place.spare:
                continue
            greedy = (
                callers[each.caller] >= callers[place.caller] + 2
                or connections[each.connection] >= connections[place.connection] + 2
            )
            when = float("inf")
            if each.offered is not None:
                when = each.offered + _STALLED
            elif each.yields >= Yields.TO_FEWER and greedy:
                when = each.since + _GREEDY
            elif each.yields is Yields.TO_ANY and not connections[place.connection]:
                when = each.since + _LONG
            if when < soonest:
                best, soonest = each, when
        return best, soonest

    def _forget(self, task: asyncio.Task[Any]) -> None:
        super()._forget(task)
        self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _change(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass
