"""What a watch tells, and the bounded hand-over between its task and its consumer."""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ..kv import Change


class Cause(enum.Enum):
    """What a batch is: the first state, changes as they happened, or the difference to a state read anew."""

    #: The first state; its changes are what exists. Comes once, first, also when nothing exists.
    SNAPSHOT = "snapshot"
    #: Changes as they happened.
    CHANGES = "changes"
    #: The difference between what was known and a new snapshot: what happened in between is not known singly.
    RESYNC = "resync"


#: The members by name, see ``kv.CREATED``.
SNAPSHOT, CHANGES, RESYNC = Cause.SNAPSHOT, Cause.CHANGES, Cause.RESYNC


class WatchBatch(NamedTuple):
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

    Waking a task takes a turn of the loop. So a consumer that waits already has ``at_once`` called with the batch,
    and is woken only if that returns False: it has not taken it. What ``at_once`` raises, ``get`` raises.
    """

    def __init__(self, limit: int, *, at_once: Callable[[WatchBatch], bool] | None = None) -> None:
        self._limit = limit
        self._at_once = at_once
        #: Whether the consumer waits in ``get``, and nothing has woken it yet.
        self.waited_for = False
        # How many were taken at once since other tasks had their turn.
        self._in_a_row = 0
        self._failure: Exception | None = None
        self._batches: deque[WatchBatch] = deque()
        self._moved = asyncio.Event()
        self._taken = asyncio.Event()
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether the producer has to wait for the consumer."""
        return len(self._batches) >= self._limit

    async def room(self) -> None:
        """Wait until there is room for one more, and other tasks have had their turn after as many as ``limit``."""
        while self.full:
            self._taken.clear()
            await self._taken.wait()
        if self._in_a_row >= self._limit:
            self._in_a_row = 0
            await asyncio.sleep(0)

    def put(self, batch: WatchBatch) -> None:
        """Hand over a batch; the one producer has waited for ``room``."""
        if self._at_once is not None and self.waited_for and not self._closed:
            self._in_a_row += 1
            try:
                if self._at_once(batch):
                    return
            except Exception as error:
                self._failure = error
        self.waited_for = False
        self._batches.append(batch)
        self._moved.set()

    async def get(self) -> WatchBatch | None:
        """The next batch, when there is one; None at the end. A cancelled wait loses nothing."""
        while not self._batches:
            if self._closed:
                return None
            self._moved.clear()
            self.waited_for = True
            try:
                await self._moved.wait()
            finally:
                self.waited_for = False
        if self._failure is not None:
            raise self._failure
        self._in_a_row = 0
        self._taken.set()
        return self._batches.popleft()

    def close(self) -> None:
        """Drop what waits: the consumer gets None from now on."""
        self._closed = True
        self._batches.clear()
        self._moved.set()
