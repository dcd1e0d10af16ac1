"""Puts changes into the histories of Modules, beside what makes them: it never delays a change nor fails one."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from ...backoff import Backoff
from ...clock import SYSTEM_CLOCK, Clock
from ...errors import CorvoError, DeadlineExceeded, PermissionRefused, Unavailable, VersionConflict
from ...tasks import end_task
from .entry import HistoryEntry, presentable
from .store import HistoryStore
from .value import KEPT_ENTRIES, History

_log = logging.getLogger(__name__)

#: Changes that wait to be written.
WAITING = 10_000
# Seconds that the program that has made a change has to tell it, before those that saw it do: drawn between these.
_GRACE = 1.0, 2.0
# Histories that are written at the same time, and those that are remembered.
_AT_ONCE, _REMEMBERED = 8, 500
_LONGEST_PAUSE = 30.0
_CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    due: float
    entry: HistoryEntry


class HistoryRecorder:
    """Writes what it is told into ``store``, by one task of its own, while it is entered.

    Changes wait while the store is away, at most ``limit`` of them: what comes then is left out, and counted in the
    log. Secrets are masked. Where the store refuses the right to write, that is logged once, and what waits is left
    to others. Leaving writes what waits, within two seconds. All methods belong to the event loop's thread.
    """

    def __init__(
        self,
        store: HistoryStore,
        *,
        limit: int = WAITING,
        clock: Clock = SYSTEM_CLOCK,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._store = store
        self._limit = limit
        self._clock = clock
        self._draw = draw
        self._waiting: dict[str, list[_Waiting]] = {}
        self._count = self._lost = 0
        self._moved = asyncio.Event()
        self._known: OrderedDict[str, History] = OrderedDict()
        self._refused = self._closing = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to write; does not wait for the store."""
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="corvo-history")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits, within two seconds, and stop."""
        task, self._task = self._task, None
        if task is None:
            return
        self._closing = True
        self._moved.set()
        if self._count:
            await asyncio.wait({task}, timeout=_CLOSE_SECONDS)
            if self._count:
                _log.warning("%d changes are not in the history of their modules: the store is away", self._count)
        await end_task(task)

    def tell(self, entries: Iterable[HistoryEntry]) -> None:
        """``entries`` were made by this program: written at once."""
        self._put(entries, self._clock.monotonic())

    def see(self, entries: Iterable[HistoryEntry]) -> None:
        """``entries`` were seen in the store: written when the program that has made them did not do it."""
        self._put(entries, self._clock.monotonic() + self._draw(*_GRACE))

    def _put(self, entries: Iterable[HistoryEntry], due: float) -> None:
        for entry in entries:
            if self._count >= self._limit:
                if not self._lost:
                    _log.warning("changes are left out of the history: %d wait to be written", self._count)
                self._lost += 1
                continue
            self._waiting.setdefault(entry.module, []).append(_Waiting(due, presentable(entry)))
            self._count += 1
            self._moved.set()

    async def _run(self) -> None:
        backoff = Backoff(maximum=_LONGEST_PAUSE)
        while True:
            self._moved.clear()
            names = self._due()
            if names:
                done = await asyncio.gather(*(self._write(name) for name in names))
                if all(done):
                    backoff.reset()
                else:
                    await self._pause(backoff.next())
            elif self._closing and not self._count:
                return
            else:
                await self._pause(self._next_due())

    def _due(self) -> list[str]:
        """The names of some Modules whose changes are to be written now."""
        now = self._clock.monotonic()
        found = []
        for name, waiting in self._waiting.items():
            if self._closing or any(each.due <= now for each in waiting):
                found.append(name)
                if len(found) == _AT_ONCE:
                    break
        return found

    def _next_due(self) -> float | None:
        dues = [each.due for waiting in self._waiting.values() for each in waiting]
        return max(0.0, min(dues) - self._clock.monotonic()) if dues else None

    async def _pause(self, seconds: float | None) -> None:
        """Wait for that long, or until there is more to write."""
        waits = {asyncio.create_task(self._woken(), name="corvo-history-woken")}
        if seconds is not None:
            waits.add(asyncio.create_task(self._slept(seconds), name="corvo-history-pause"))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _woken(self) -> None:
        await self._moved.wait()

    async def _slept(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    async def _write(self, name: str) -> bool:
        """Write what waits for one Module, what is not due yet included; whether that is done with."""
        taken = list(self._waiting[name])
        told = [each.entry for each in taken if not self._is_known(each.entry)]
        try:
            if told:
                self._remember(name, await self._store.add(name, told[-2 * KEPT_ENTRIES :]))
            self._tell_lost()
        except PermissionRefused as error:
            if not self._refused:
                _log.info("the history of modules is left to others: %s", error)
            self._refused = True
        except (Unavailable, DeadlineExceeded, VersionConflict) as error:
            _log.debug("the history of %s is written later: %s", name, error)
            return False
        except CorvoError as error:
            _log.warning("changes of %s are left out of its history: %s", name, error)
        # What came meanwhile is for the next time.
        self._count -= len(taken)
        if left := self._waiting[name][len(taken) :]:
            self._waiting[name] = left
        else:
            del self._waiting[name]
        return True

    def _is_known(self, entry: HistoryEntry) -> bool:
        history = self._known.get(entry.module, ())
        return entry.seen and any(each.is_same(entry) for each in history)

    def _remember(self, name: str, history: History) -> None:
        self._known[name] = history
        self._known.move_to_end(name)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _tell_lost(self) -> None:
        if self._lost:
            _log.warning("%d changes were left out of the history of their modules", self._lost)
            self._lost = 0
