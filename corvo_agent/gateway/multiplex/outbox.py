"""The lines of one stream that its reader has not taken yet, within a bound that all of its subscriptions share."""

from __future__ import annotations

import asyncio
from collections import deque

#: Bytes that wait for one reader; whoever has more to say waits until some of them have left.
WAITING = 256 << 10


class Outbox:
    """Pieces of bytes in the order in which they were put in; one alone may be larger than ``limit``."""

    def __init__(self, limit: int = WAITING) -> None:
        self._limit = limit
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._closed = False
        self._moved = asyncio.Condition()

    @property
    def held(self) -> int:
        """Bytes that wait."""
        return self._held

    async def put(self, piece: bytes) -> None:
        """Add a piece as soon as there is room for it; a cancelled wait adds nothing."""
        async with self._moved:
            await self._moved.wait_for(lambda: not self._held or self._held + len(piece) <= self._limit)
            self._pieces.append(piece)
            self._held += len(piece)
            self._moved.notify_all()

    async def close(self) -> None:
        """Nothing more comes; what waits can still be taken."""
        async with self._moved:
            self._closed = True
            self._moved.notify_all()

    async def take(self) -> bytes:
        """All that waits, as soon as there is some; b"" when it is closed and empty. A cancelled wait loses nothing."""
        async with self._moved:
            await self._moved.wait_for(lambda: bool(self._pieces) or self._closed)
            taken = b"".join(self._pieces)
            self._pieces.clear()
            self._held = 0
            self._moved.notify_all()
            return taken
