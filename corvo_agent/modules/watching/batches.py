"""What a watch tells, and the bounded hand-over between its task and its consumer."""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from dataclasses import dataclass

from ..kv import Change


class Cause(enum.Enum):
    """What a batch is: the first state, changes as they happened, or the difference to a state read anew."""

    #: The first state; its changes are what exists. Comes once, first, also when nothing exists.
    SNAPSHOT = "snapshot"
    #: Changes as they happened.
    CHANGES = "changes"
    #: The difference between what was known and a new snapshot: what happened in between is not known singly.
    RESYNC = "resync"


@dataclass(frozen=True, slots=True)
class WatchBatch:
    """Changes in the order of their revisions; after them the state is that of ``revision``.

    ``replaced``: the store holds other data than before, of another cluster or an older copy. Then no
    client asked for the deletions among ``changes``, and revisions from before say nothing.
    """

    cause: Cause
    changes: tuple[Change, ...]
    revision: int
    replaced: bool = False


class BatchBuffer:
    """Batches that wait for one consumer, at most ``limit`` of them.

    When it is full the producer waits in ``room`` and reads no further, so that the store keeps the rest.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._batches: deque[WatchBatch] = deque()
        self._moved = asyncio.Event()
        self._taken = asyncio.Event()
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether the producer has to wait for the consumer."""
        return len(self._batches) >= self._limit

    async def room(self) -> None:
        """Wait until there is room for one more."""
        while self.full:
            self._taken.clear()
            await self._taken.wait()

    def put(self, batch: WatchBatch) -> None:
        """Add a batch; the one producer has waited for ``room``."""
        self._batches.append(batch)
        self._moved.set()

    async def get(self) -> WatchBatch | None:
        """The next batch, when there is one; None at the end. A cancelled wait loses nothing."""
        while not self._batches:
            if self._closed:
                return None
            self._moved.clear()
            await self._moved.wait()
        self._taken.set()
        return self._batches.popleft()

    def close(self) -> None:
        """Drop what waits: the consumer gets None from now on."""
        self._closed = True
        self._batches.clear()
        self._moved.set()
