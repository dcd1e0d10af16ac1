"""Follows the target from process to process: which one it is now, since when, and how often it was another one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from ...clock import SYSTEM_CLOCK, Clock
from ...timestamps import format_rfc3339
from .process import FindTarget, ProcessIdentity, began_ns

_log = logging.getLogger(__name__)

#: How far apart two answers to "when did it begin" may lie, in nanoseconds: the kernel counts from the start of the
#: machine, and how long ago that was changes a little whenever the clock is set.
START_PRECISION = 2_000_000_000


@dataclass(frozen=True, slots=True)
class TargetStart:
    """The ``number``-th process that was seen as the target, counted from 1, and the one ``before`` it.

    ``time_ns`` is when it began, in nanoseconds of wall time, give or take ``START_PRECISION``.
    """

    process: ProcessIdentity
    number: int
    time_ns: int
    before: ProcessIdentity | None = None

    @property
    def reason(self) -> str:
        """Why it is another process, as far as that can be told from outside; "" for the first one."""
        if self.before is None:
            return ""
        return f"process {self.before.pid} has ended, process {self.process.pid} has begun"


class TargetFollower:
    """Notices that the target starts, ends or is replaced: calls ``find`` every ``interval`` seconds during ``run``.

    A process that came and went between two looks is not seen. All methods belong to the event loop's thread.
    """

    def __init__(self, find: FindTarget, *, clock: Clock = SYSTEM_CLOCK, interval: float = 2.0) -> None:
        self._find = find
        self._clock = clock
        self._interval = interval
        self._start: TargetStart | None = None
        self._running = False
        self._listeners: list[Callable[[TargetStart], object]] = []
        self._moved = asyncio.Event()
        self._looked = asyncio.Event()

    @property
    def start(self) -> TargetStart | None:
        """The newest start that was seen; None while there was none."""
        return self._start

    def subscribe(self, listener: Callable[[TargetStart], object]) -> None:
        """Call ``listener`` with each start but that of a process which is there at the first look."""
        self._listeners.append(listener)

    async def looked(self) -> None:
        """Wait until it has looked once, whatever it found."""
        await self._looked.wait()

    async def started_after(self, number: int) -> TargetStart:
        """Wait for a start with a higher ``number``; the newest one, when there were several."""
        while self._start is None or self._start.number <= number:
            self._moved.clear()
            await self._moved.wait()
        return self._start

    async def run(self) -> None:
        """Look until cancelled."""
        # The process that is there already has not restarted: its level is set as at any start.
        await self._look(tell=False)
        self._looked.set()
        while True:
            await self._clock.sleep(self._interval)
            await self._look(tell=True)

    def as_json(self) -> dict[str, object]:
        """What it has seen, in JSON types, as it is published; ``pid`` is 0 while no process is the target."""
        start = self._start
        return {
            "pid": start.process.pid if start is not None and self._running else 0,
            "last-start": format_rfc3339(start.time_ns if start is not None else 0),
            "restarts-seen": start.number - 1 if start is not None else 0,
            "last-restart-reason": start.reason if start is not None else "",
        }

    async def _look(self, *, tell: bool) -> None:
        try:
            # Reading the command lines of a thousand processes takes longer than a loop may stand still.
            found = await asyncio.to_thread(self._find)
        except Exception:
            _log.exception("the target process could not be looked for")
            return
        before = self._start
        if found is None:
            if self._running and before is not None:
                _log.warning("process %d of the module has ended", before.process.pid)
            self._running = False
            return
        self._running = True
        if before is not None and before.process == found:
            return
        number, last = (before.number, before.process) if before is not None else (0, None)
        self._start = TargetStart(found, number + 1, began_ns(found), last)
        self._moved.set()
        _log.info("process %d is the one of the module", found.pid)
        if tell:
            for listener in self._listeners:
                listener(self._start)
