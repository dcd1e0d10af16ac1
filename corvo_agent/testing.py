"""What the tests of services that embed Corvo need; our own tests use the same pieces.

``MemoryStore`` takes the place of ``EtcdStore``, with watches, leases and revisions; ``FakeClock`` that of the system's
clock wherever a ``clock`` may be given. An agent on a ``MemoryStore`` serves on a free loopback port, without etcd::

    store = MemoryStore()
    async with Agent("billing", node="node1", store=store) as agent, DiagnosticsClient(agent.address) as client:
        await store.put(key_of("node1-billing"), b'{"spec":{"log-level":"Debug"}}')
        ...
"""

from __future__ import annotations

import asyncio
import heapq
import itertools

from .modules.memory import MemoryStore

__all__ = ("FakeClock", "MemoryStore")


class FakeClock:
    """A Clock that stands still until ``advance`` moves it; sleepers wake in the order of their times."""

    def __init__(self, time_ns: int = 1_700_000_000_000_000_000) -> None:
        self._time_ns = time_ns
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        # Settles ties, because futures cannot be compared.
        self._order = itertools.count()
        self._changed = asyncio.Event()

    def time_ns(self) -> int:
        """Wall time in nanoseconds, as moved by ``advance``."""
        return self._time_ns + round(self._elapsed * 1e9)

    def monotonic(self) -> float:
        """Seconds advanced since it was made."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait until ``advance`` has moved the time by ``seconds``."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), future))
        self._changed.set()
        await future

    @property
    def sleeping(self) -> int:
        """How many sleepers wait now."""
        return sum(1 for _, _, future in self._sleepers if not future.done())

    async def wait_sleeping(self, count: int = 1) -> None:
        """Wait until at least ``count`` sleepers wait."""
        while self.sleeping < count:
            self._changed.clear()
            await self._changed.wait()

    async def advance(self, seconds: float) -> None:
        """Move the time, waking every sleeper on the way and letting it run before the time goes on."""
        end = self._elapsed + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            when, _, future = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, when)
            if not future.done():
                future.set_result(None)
            await self._settle()
        self._elapsed = end
        await self._settle()

    async def _settle(self) -> None:
        # A woken task often passes through several callbacks before it sleeps again.
        for _ in range(20):
            await asyncio.sleep(0)
