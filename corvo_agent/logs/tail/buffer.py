"""What waits for one reader of a tail: bounded, the oldest lines go first, and how many is told."""

from __future__ import annotations

import asyncio
from collections import deque

from ..lines import marker
from .follower import TailItem

_REMARKS = 100  # kept when their place is dropped


class TailBuffer:
    """Items between a tail and one of its readers, at most ``room`` bytes of them.

    ``put`` never waits: when there is no room the oldest items go, and a remark in their place says how many lines
    they had. Belongs to the loop.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._items: deque[TailItem] = deque()
        self._size = 0
        self._dropped = 0
        self._path = ""
        self._remarks: deque[TailItem] = deque(maxlen=_REMARKS)
        self._failure: BaseException | None = None
        self._filled = asyncio.Event()

    @property
    def is_half_full(self) -> bool:
        """Whether more is there than a reader that keeps up would leave."""
        return self._size * 2 > self._room

    def put(self, item: TailItem) -> None:
        """Add an item."""
        self._items.append(item)
        self._size += item.size
        # The newest item always stays, however large: a reader that is slow still gets on.
        while self._size > self._room and len(self._items) > 1:
            oldest = self._items.popleft()
            self._size -= oldest.size
            self._dropped += oldest.count
            self._path = oldest.path
            # A gap must be heard of even when the lines around it are dropped.
            if oldest.remark is not None:
                self._remarks.append(oldest)
        self._filled.set()

    def take(self, size: int) -> list[TailItem]:
        """The oldest items, about ``size`` bytes of them; at least one if there is any."""
        taken: list[TailItem] = list(self._remarks)
        self._remarks.clear()
        if self._dropped:
            taken.append(TailItem(self._path, remark=marker.dropped(self._dropped)))
            self._dropped = 0
        while self._items and size > 0:
            item = self._items.popleft()
            self._size -= item.size
            size -= item.size
            taken.append(item)
        # A failure stays pending, so that the next wait raises it.
        if not self._items and self._failure is None:
            self._filled.clear()
        return taken

    def fail(self, error: BaseException) -> None:
        """Nothing will be put any more, because of ``error``."""
        self._failure = error
        self._filled.set()

    async def wait(self) -> None:
        """Until there is something to take; may be cancelled. Raises what the tail failed with."""
        await self._filled.wait()
        if self._failure is not None and not self._items:
            raise self._failure
