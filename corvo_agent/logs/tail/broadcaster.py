"""Reads the logs once and hands each new line to the buffers of all readers.

It runs while there is a reader. A reader that does not keep up loses lines and holds up no other one; only while none
of them keeps up, and for a bounded time, does reading wait, so that a burst is not lost on readers that are just busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from ...errors import Unavailable
from ..limits import TailLimits
from ..worker import Worker
from .buffer import TailBuffer
from .follower import Position, TailItem
from .session import FollowerFactory, TailSession


class Broadcaster:
    """Follows the logs that ``patterns`` name for all attached readers.

    ``follow`` makes the LogFollower of a path, told the paths of the others. Nothing is opened, and no task runs,
    before the first reader attaches and after the last one was detached.
    """

    def __init__(self, patterns: Sequence[str], worker: Worker, follow: FollowerFactory, limits: TailLimits) -> None:
        self._patterns = tuple(patterns)
        self._worker = worker
        self._follow = follow
        self._limits = limits
        self._starting = asyncio.Lock()
        self._positions: dict[str, Position] = {}
        self._buffers: set[TailBuffer] = set()
        self._drained = asyncio.Event()
        self._stuck = False
        self._running: tuple[asyncio.Task[None], TailSession] | None = None

    async def attach(self) -> tuple[TailBuffer, Mapping[str, Position]]:
        """A buffer for a new reader, and up to where each log was given out before.

        Raises what opening the files raises.
        """
        async with self._starting:
            # Under the lock: two readers that come at once must not open the files twice.
            if self._running is None or self._running[0].done():
                await self._start()
            buffer = TailBuffer(self._limits.buffer_bytes)
            self._buffers.add(buffer)
            return buffer, dict(self._positions)

    async def detach(self, buffer: TailBuffer) -> None:
        """The reader goes; with the last one reading stops, and nothing is open when this returns.

        When it is cancelled, nothing stays open either, but somewhat later.
        """
        self._buffers.discard(buffer)
        self._drained.set()
        if not self._buffers and self._running is not None:
            (task, session), self._running = self._running, None
            # Before the files are closed: a round that runs holds them in its thread.
            task.cancel()
            await asyncio.wait([task])
            with suppress(Unavailable):  # then it is closed already
                await self._worker.call(session.close)

    def drained(self) -> None:
        """A reader has taken something."""
        self._stuck = False
        self._drained.set()

    async def _start(self) -> None:
        session = TailSession(self._patterns, self._follow, self._limits)
        try:
            self._positions = await self._worker.call(session.open)
        except BaseException:
            self._worker.dispatch(session.close)
            raise
        task = asyncio.create_task(self._run(session), name=f"tail {self._patterns[0]}")
        task.add_done_callback(lambda task: self._ended(task, session))
        self._running = (task, session)

    def _ended(self, task: asyncio.Task[None], session: TailSession) -> None:
        # Here and not in the task: it may be cancelled before it has begun.
        self._worker.dispatch(session.close)
        if not task.cancelled() and (error := task.exception()) is not None:
            for buffer in self._buffers:
                buffer.fail(error)

    async def _run(self, session: TailSession) -> None:
        while True:
            items, more = await self._worker.call(session.round)
            self._deliver(items)
            if not more:
                # Lines that come within this time go out together.
                await asyncio.sleep(self._limits.batch_seconds)
                await session.waker.wait()
            await self._wait_for_room()

    def _deliver(self, items: Iterable[TailItem]) -> None:
        for item in items:
            if item.position is not None:
                self._positions[item.path] = item.position
            for buffer in self._buffers:
                buffer.put(item)

    async def _wait_for_room(self) -> None:
        # Waits once: a reader that is stuck for good must not slow down every round.
        while self._buffers and not self._stuck and all(buffer.is_half_full for buffer in self._buffers):
            self._drained.clear()
            try:
                async with asyncio.timeout(self._limits.patience):
                    await self._drained.wait()
            except TimeoutError:
                self._stuck = True
