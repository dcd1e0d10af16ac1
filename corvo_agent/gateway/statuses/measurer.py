"""Measures what somebody looks at, for all who look at it together, and nothing else."""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from ...overview.measuring import Measured
from ...overview.recent_errors import RecentErrors
from ...tasks import end_task

_log = logging.getLogger(__name__)

#: Seconds between two questions to one agent, and to one that gives no answer in time; agents asked at once.
EVERY, FROZEN_EVERY, AT_ONCE = 5.0, 30.0, 32
#: Seconds for which an answer is shown.
KEPT = 60.0

Ask = Callable[[str, RecentErrors], Awaitable[Measured]]


@dataclass(slots=True)
class _Known:
    """What is known of one Module; ``at`` is when it was asked on the monotonic clock."""

    recent: RecentErrors = field(default_factory=RecentErrors)
    measured: Measured | None = None
    at: float = float("-inf")


class Measurer:
    """Asks by ``ask``, while it is entered, and calls ``changed`` with the name of each Module that has answered.

    ``look`` says that somebody looks: then a Module is asked every ``every`` seconds until all have looked away. At
    most ``at_once`` are asked at the same time; ``ask`` raises nothing but CancelledError.
    """

    def __init__(
        self, ask: Ask, changed: Callable[[str], None], *, every: float = EVERY, at_once: int = AT_ONCE
    ) -> None:
        self._ask = ask
        self._changed = changed
        self._every = every
        self._at_once = at_once
        self._looking: dict[str, int] = {}
        # The one that was asked longest ago comes first.
        self._known: OrderedDict[str, _Known] = OrderedDict()
        # When each is to be asked next; of a name that stands in the heap twice, that is the one that counts.
        self._due: list[tuple[float, str]] = []
        self._next: dict[str, float] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._waited_for: dict[str, asyncio.Future[None]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many are looked at."""
        return len(self._looking)

    async def __aenter__(self) -> Self:
        """Begin to ask when somebody looks."""
        self._task = asyncio.create_task(self._run(), name="corvo-measurer")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ask no more; questions under way are cancelled."""
        if self._task is not None:
            await end_task(self._task)
        for task in (asking := list(self._asking.values())):
            task.cancel()
        if asking:
            await asyncio.wait(asking)

    def look(self, names: Iterable[str]) -> None:
        """Somebody looks at these."""
        for name in names:
            self._looking[name] = self._looking.get(name, 0) + 1
            if self._looking[name] == 1:
                self._schedule(name)

    def look_away(self, names: Iterable[str]) -> None:
        """One of those who looked at these does so no more."""
        for name in names:
            self._looking[name] -= 1
            if not self._looking[name]:
                del self._looking[name]

    def get(self, name: str) -> Measured | None:
        """What the agent of ``name`` said last; None when that is long ago, or it was not asked."""
        known = self._known.get(name)
        if known is None or time.monotonic() - known.at > KEPT:
            return None
        return known.measured

    async def refresh(self, names: Collection[str], within: float) -> None:
        """Have each of ``names`` asked once, unless that was less than ``every`` seconds ago; wait ``within`` seconds.

        Those that have not answered by then stay as they are known.
        """
        now = time.monotonic()
        wanted = [name for name in names if now - self._known.get(name, _Known()).at >= self._every]
        for name in wanted:
            if name not in self._waited_for:
                self._waited_for[name] = asyncio.get_running_loop().create_future()
                self._schedule(name)
        if wanted:
            await asyncio.wait([self._waited_for[name] for name in wanted], timeout=within)

    def _schedule(self, name: str) -> None:
        known = self._known.get(name)
        due = time.monotonic() if known is None else known.at + self._pause(known.measured)
        if self._next.get(name) != due:
            self._next[name] = due
            heapq.heappush(self._due, (due, name))
        self._wake.set()

    def _pause(self, measured: Measured | None) -> float:
        # Who gives no answer takes a place for as long as it is waited for.
        return max(FROZEN_EVERY, self._every) if measured is not None and measured.frozen else self._every

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            now = time.monotonic()
            while self._due and self._due[0][0] <= now and len(self._asking) < self._at_once:
                self._begin(*heapq.heappop(self._due))
            full = len(self._asking) >= self._at_once
            pause = None if full or not self._due else max(self._due[0][0] - now, 0.0)
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _begin(self, due: float, name: str) -> None:
        if self._next.get(name) != due:
            return
        del self._next[name]
        # One that is being asked is scheduled again when it has answered.
        if name not in self._asking and (name in self._looking or name in self._waited_for):
            self._asking[name] = asyncio.create_task(self._measure(name), name=f"corvo-measure {name}")

    async def _measure(self, name: str) -> None:
        known = self._known.setdefault(name, _Known())
        # From now on, so that an agent that is slow is not asked the more often.
        known.at = time.monotonic()
        self._known.move_to_end(name)
        try:
            known.measured = await self._ask(name, known.recent)
        except Exception:
            # A fault of ours: the others are measured all the same, and this one is not known.
            known.measured = None
            _log.exception("measuring %s failed", name)
        finally:
            del self._asking[name]
            if (waited := self._waited_for.pop(name, None)) is not None and not waited.done():
                waited.set_result(None)
            if name in self._looking:
                self._schedule(name)
            self._forget()
            self._wake.set()
        self._changed(name)

    def _forget(self) -> None:
        """Those that were not asked for long."""
        oldest = time.monotonic() - KEPT
        while self._known and (first := next(iter(self._known))) not in self._asking:
            if self._known[first].at > oldest:
                return
            del self._known[first]
