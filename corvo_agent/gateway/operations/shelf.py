"""The operations of one kind that one gateway has: those under way, and the results that it keeps, within bounds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import Busy, CorvoError, ResourceExhausted
from .operation import Operation, State

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShelfLimits:
    """Operations under way at once, and what is kept: so many, of so many bytes in all, for so many seconds."""

    running: int = 8
    kept: int = 50
    bytes: int = 64 << 20
    seconds: float = 86400.0


class Shelf:
    """Owns the tasks of its operations; ``what`` names them in errors. Lives on one event loop. Close with ``aclose``.

    What has ended longest ago makes room first. Nothing outlives this process.
    """

    def __init__(self, what: str, limits: ShelfLimits | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self.what = what
        self.limits = limits or ShelfLimits()
        self.clock = clock
        self._operations: dict[str, Operation] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._operations)

    @property
    def held(self) -> int:
        """Bytes of the results that are kept."""
        return sum(len(each.data) for each in self._operations.values())

    def items(self) -> list[Operation]:
        """All of them, the newest first."""
        self._forget_old()
        return list(reversed(self._operations.values()))

    def find(self, id: str) -> Operation | None:
        """The operation ``id``; None for one that is not here, or not any more."""
        self._forget_old()
        return self._operations.get(id)

    def check(self) -> None:
        """Pass when one more may begin; raises Busy with when to try again."""
        if len(self._tasks) >= self.limits.running:
            raise Busy(f"{self.what} under way", self.limits.running, self._next_end())

    def begin(self, operation: Operation, work: Coroutine[Any, Any, bytes]) -> None:
        """Start ``work``, whose result ``operation`` is to hold. Raises Busy, and closes ``work`` then."""
        try:
            self.check()
        except Busy:
            work.close()
            raise
        self._operations[operation.id] = operation
        self._make_room(0)
        task = asyncio.create_task(self._run(operation, work), name=f"corvo-{self.what} {operation.id}")
        self._tasks[operation.id] = task
        # Its first step may be the cancellation, before which it has run nothing.
        task.add_done_callback(lambda _: self._left(operation, work))

    async def drop(self, operation: Operation) -> None:
        """End ``operation`` if it runs: then it is kept, as cancelled; else forget it."""
        task = self._tasks.get(operation.id)
        if task is None:
            self._operations.pop(operation.id, None)
            operation.move()
            return
        task.cancel()
        await asyncio.wait({task})

    async def aclose(self) -> None:
        """End all that runs and forget everything."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._operations.clear()

    async def _run(self, operation: Operation, work: Coroutine[Any, Any, bytes]) -> None:
        try:
            data = await work
            if len(data) > self.limits.bytes:
                raise ResourceExhausted(f"bytes of {self.what} that are kept", self.limits.bytes, len(data))
            self._make_room(len(data))
            operation.data, operation.state = data, State.DONE
        except asyncio.CancelledError:
            operation.state = State.CANCELLED
        except CorvoError as error:
            operation.state, operation.error = State.FAILED, str(error)
        except Exception as error:
            # A fault of ours; who has asked hears of it, too.
            _log.exception("%s %s failed", self.what, operation.id)
            operation.state, operation.error = State.FAILED, f"{type(error).__name__}: {error}"

    def _left(self, operation: Operation, work: Coroutine[Any, Any, bytes]) -> None:
        work.close()
        if operation.state is State.RUNNING:
            operation.state = State.CANCELLED
        operation.ended = self.clock.monotonic()
        del self._tasks[operation.id]
        operation.move()

    def _forget_old(self) -> None:
        oldest = self.clock.monotonic() - self.limits.seconds
        for ended, each in self._ended():
            if ended < oldest:
                self._forget(each)

    def _make_room(self, size: int) -> None:
        self._forget_old()
        for _, each in self._ended():
            if len(self) <= self.limits.kept and self.held + size <= self.limits.bytes:
                return
            self._forget(each)

    def _ended(self) -> list[tuple[float, Operation]]:
        """Those that have ended, with when, the first of them first."""
        ended = [(each.ended, each) for each in self._operations.values() if each.ended is not None]
        return sorted(ended, key=lambda pair: pair[0])

    def _forget(self, operation: Operation) -> None:
        del self._operations[operation.id]
        operation.move()

    def _next_end(self) -> float:
        """Seconds until the first of those that run is probably done; a few where that is not known."""
        now = self.clock.monotonic()
        running = [self._operations[id] for id in self._tasks]
        left = [each.began + each.seconds - now for each in running if each.seconds is not None]
        return max(1.0, min(left, default=5.0))
