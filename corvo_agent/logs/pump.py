"""The one that reads for all readers of a tail: follows the files, hands what comes to every reader's buffer.

It runs while there is a reader. A reader that does not keep up loses lines, and nobody waits for it; only while none
keeps up, and for a bounded time, does the pump wait, so that a burst is not lost on readers that are merely busy.
"""

from __future__ import annotations

import asyncio
import glob
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from .follow_file import READ
from .follower import Follower, Position, TailItem
from .limits import TailLimits
from .many import expand
from .tail_buffer import TailBuffer
from .waker import Waker
from .worker import Worker

_ROUND = 4 * READ  # bytes read between two deliveries


class TailPump:
    """Follows the logs that ``patterns`` name for whoever is attached.

    ``follow`` makes the Follower of a path. Nothing is opened, and no task runs, before the first reader attaches and
    after the last one was detached.
    """

    def __init__(
        self, patterns: Sequence[str], worker: Worker, follow: Callable[[str], Follower], limits: TailLimits
    ) -> None:
        self._patterns = tuple(patterns)
        self._worker = worker
        self._follow = follow
        self._limits = limits
        self._waker = Waker(interval=limits.poll, rest=limits.rest, notify=limits.notify)
        self._changing = asyncio.Lock()  # starting and stopping
        self._reading = threading.Lock()  # the followers, which belong to one thread at a time
        self._followers: dict[str, Follower] = {}
        self._next_scan = 0.0
        self._positions: dict[str, Position] = {}
        self._buffers: set[TailBuffer] = set()
        self._drained = asyncio.Event()
        self._stuck = False
        self._task: asyncio.Task[None] | None = None

    async def attach(self) -> tuple[TailBuffer, Mapping[str, Position]]:
        """A buffer for a new reader, and up to where each log was given out before.

        Raises what opening the files raises.
        """
        async with self._changing:
            if self._task is not None and self._task.done():  # it failed
                await self._stop(self._task)
            if self._task is None:
                await self._start()
            buffer = TailBuffer(self._limits.buffer_bytes)
            self._buffers.add(buffer)
            return buffer, dict(self._positions)

    async def detach(self, buffer: TailBuffer) -> None:
        """The reader goes; the last one stops the pump."""
        self._buffers.discard(buffer)
        self._drained.set()
        async with self._changing:
            if not self._buffers and self._task is not None:
                await self._stop(self._task)

    def drained(self) -> None:
        """A reader has taken something."""
        self._stuck = False
        self._drained.set()

    async def _start(self) -> None:
        try:
            await self._worker.call(self._open)
        except BaseException:
            await self._worker.call(self._close)
            raise
        self._task = asyncio.create_task(self._run(), name=f"tail {self._patterns[0]}")
        self._task.add_done_callback(self._ended)

    async def _stop(self, task: asyncio.Task[None]) -> None:
        self._task = None
        task.cancel()
        await asyncio.wait([task])
        await self._worker.call(self._close)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            for buffer in self._buffers:
                buffer.fail(error)

    async def _run(self) -> None:
        while True:
            items, more = await self._worker.call(self._round)
            self._deliver(items)
            if more:
                await self._wait_for_room()
            else:
                # Whatever comes in this time goes out together.
                await asyncio.sleep(self._limits.batch_seconds)
                await self._waker.wait()

    def _deliver(self, items: Iterable[TailItem]) -> None:
        for item in items:
            if item.position is not None:
                self._positions[item.path] = item.position
            for buffer in self._buffers:
                buffer.put(item)

    async def _wait_for_room(self) -> None:
        while self._buffers and not self._stuck and all(buffer.is_half_full for buffer in self._buffers):
            self._drained.clear()
            try:
                async with asyncio.timeout(self._limits.patience):
                    await self._drained.wait()
            except TimeoutError:
                self._stuck = True

    def _open(self) -> None:
        with self._reading:
            self._positions.clear()
            for path in self._paths():
                follower = self._followers[path] = self._follow(path)
                follower.start()
                if (position := follower.position()) is not None:
                    self._positions[path] = position
            self._next_scan = time.monotonic() + self._limits.rescan
            self._waker.open(self._patterns)
            self._watch()

    def _close(self) -> None:
        with self._reading:
            self._waker.close()
            for follower in self._followers.values():
                follower.close()
            self._followers.clear()

    def _round(self) -> tuple[list[TailItem], bool]:
        """One look at every log; runs in a thread."""
        items: list[TailItem] = []
        more, size = False, 0
        with self._reading:
            self._scan()
            for path, follower in list(self._followers.items()):
                if size >= _ROUND:
                    more = True
                    break
                step = follower.step()
                items += step.items
                more = more or step.more
                size += sum(item.size for item in step.items)
                # The ones that were looked at last have their turn last.
                self._followers[path] = self._followers.pop(path)
            self._watch()
        return items, more

    def _scan(self) -> None:
        """Follow logs that have come since, from their beginning."""
        if time.monotonic() < self._next_scan or not any(map(glob.has_magic, self._patterns)):
            return
        for path in self._paths():
            if path not in self._followers:
                self._followers[path] = self._follow(path)
        self._next_scan = time.monotonic() + self._limits.rescan

    def _paths(self) -> list[str]:
        return expand(self._patterns)[: self._limits.max_logs]

    def _watch(self) -> None:
        files = {key: number for follower in self._followers.values() for key, number in follower.open_files.items()}
        self._waker.watch(files, {os.path.dirname(path) or "." for path in self._followers})
