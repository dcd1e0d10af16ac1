"""What lies below a prefix of the store, kept in memory by one watch: the part that every cache here shares."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from ...backoff import Backoff
from ...clock import SYSTEM_CLOCK, Clock
from ...errors import DeadlineExceeded, Unavailable
from ...modules.kv import KeyValueStore
from ...modules.watching.batches import WatchBatch
from ...modules.watching.statistics import WatchStatistics
from ...modules.watching.watch import Watch
from ...tasks import end_task

# Most seconds between two attempts to watch: there are few gateways, and everyone looks through them.
_RETRY = 2.0


class WatchedMirror(ABC):
    """The keys below ``prefix`` as a subclass keeps them, while it is entered; readers never wait for the store.

    A dead connection is found within ``check_interval`` seconds. While the store is away the last state stays, and
    ``staleness`` tells how old it is.
    """

    def __init__(
        self, store: KeyValueStore, prefix: str, *, check_interval: float = 10.0, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._prefix = prefix
        self._clock = clock
        self._watch = Watch(store, prefix, check_interval=check_interval, backoff=Backoff(maximum=_RETRY), clock=clock)
        self._revision = 0
        self._synced = asyncio.Event()
        # Set at the next change and then replaced: each waiter looks once for each change.
        self._moved = asyncio.Event()
        self._listeners: list[Callable[[Collection[str]], None]] = []
        self._stack = AsyncExitStack()

    def listen(self, listener: Callable[[Collection[str]], None]) -> None:
        """Have ``listener`` called with the names of the Modules that each change is about, for good."""
        self._listeners.append(listener)

    def _tell(self, names: Collection[str]) -> None:
        for listener in self._listeners:
            listener(names)

    @abstractmethod
    async def _take(self, batch: WatchBatch) -> None:
        """Change what is kept by ``batch``; readers see it when this returns, if it gives way to them no earlier."""

    async def __aenter__(self) -> Self:
        """Start following; does not wait for the store."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._watch)
            task = asyncio.create_task(self._follow(), name=f"corvo-mirror {self._prefix}")
            stack.push_async_callback(end_task, task)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop following, within seconds."""
        await self._stack.aclose()

    @property
    def revision(self) -> int:
        """The revision that the state is of, 0 before the first."""
        return self._revision

    @property
    def synced(self) -> bool:
        """Whether the first state has been read."""
        return self._synced.is_set()

    def staleness(self) -> float:
        """Seconds since the state was last known to be that of the store; infinite before the first time."""
        confirmed = self._watch.statistics().confirmed_at
        return float("inf") if confirmed is None else self._clock.monotonic() - confirmed

    def statistics(self) -> WatchStatistics:
        """How the watch is doing."""
        return self._watch.statistics()

    async def wait_synced(self, timeout: float) -> None:
        """Wait for the first state; raises Unavailable when it has not come within ``timeout`` seconds."""
        if self._synced.is_set():
            return
        try:
            async with asyncio.timeout(timeout):
                await self._synced.wait()
        except TimeoutError:
            reason = self._watch.statistics().last_error or f"{self._prefix} has not been read yet"
            raise Unavailable("the store", reason) from None

    async def wait_for(self, revision: int, timeout: float) -> None:
        """Wait until the state is that of ``revision`` or later; raises DeadlineExceeded after ``timeout`` seconds."""
        await self.wait_until(lambda: self._revision >= revision, f"revision {revision} was not reached", timeout)

    async def wait_until(self, condition: Callable[[], bool], missing: str, timeout: float) -> None:
        """Wait until ``condition`` holds, looking again whenever the state changes.

        Raises DeadlineExceeded saying what is ``missing`` after ``timeout`` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    await self._moved.wait()
        except TimeoutError:
            raise DeadlineExceeded("the cache", timeout, missing) from None

    async def _follow(self) -> None:
        async for batch in self._watch:
            await self._take(batch)
            self._revision = batch.revision
            self._synced.set()
            self._moved.set()
            self._moved = asyncio.Event()
