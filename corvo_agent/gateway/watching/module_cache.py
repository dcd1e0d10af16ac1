"""The Modules in memory, kept by one watch of their prefix."""

from __future__ import annotations

import asyncio
import bisect
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from ...backoff import Backoff
from ...clock import SYSTEM_CLOCK, Clock
from ...errors import DeadlineExceeded, DecodeError, Unavailable
from ...modules.json.codec import decode_module
from ...modules.kv import Change, ChangeType, KeyValueStore
from ...modules.names import MODULES_PREFIX, name_of
from ...modules.watching.batches import Cause, WatchBatch
from ...modules.watching.watch import Watch, WatchStatistics
from ...tasks import end_task
from .cached_module import CachedModule
from .events import Event
from .watch_hub import WatchHub

_log = logging.getLogger(__name__)

#: Most seconds between two attempts to watch: there are few gateways, and everybody looks through them.
RETRY = 2.0
# Objects read before the loop gets a turn: some milliseconds of work.
_SLICE = 100


class ModuleCache:
    """Every Module, by name, as of ``revision``; what changes is published to ``hub``.

    A value that cannot be decoded leaves the object as it was: the log names key, revision and reason.
    """

    def __init__(
        self, store: KeyValueStore, hub: WatchHub, *, check_interval: float = 10.0, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._watch = Watch(
            store, MODULES_PREFIX, check_interval=check_interval, backoff=Backoff(maximum=RETRY), clock=clock
        )
        self._hub = hub
        self._clock = clock
        self._entries: dict[str, CachedModule] = {}
        self._names: list[str] = []
        self._revision = 0
        self._undecodable: set[str] = set()
        self._synced = asyncio.Event()
        # Set at the next change and then replaced: each waiter looks once for each change.
        self._moved = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start following; does not wait for the store."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._watch)
            task = asyncio.create_task(self._follow(), name="corvo-module-cache")
            stack.push_async_callback(end_task, task)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop following, within seconds."""
        self._hub.close()
        await self._stack.aclose()

    @property
    def revision(self) -> int:
        """The revision that the state is of."""
        return self._revision

    @property
    def synced(self) -> bool:
        """Whether the first state has been read."""
        return self._synced.is_set()

    @property
    def undecodable(self) -> int:
        """How many keys hold a value that is no Module."""
        return len(self._undecodable)

    def __len__(self) -> int:
        return len(self._entries)

    def staleness(self) -> float:
        """Seconds since the state was last known to be that of the store; infinite before the first time."""
        confirmed = self._watch.statistics().confirmed_at
        return float("inf") if confirmed is None else self._clock.monotonic() - confirmed

    def statistics(self) -> WatchStatistics:
        """How the watch is doing."""
        return self._watch.statistics()

    def get(self, name: str) -> CachedModule | None:
        """The Module called ``name``."""
        return self._entries.get(name)

    def entries(self) -> Sequence[CachedModule]:
        """All of them, by name."""
        entries = self._entries
        return [entries[name] for name in self._names]

    async def wait_synced(self, timeout: float) -> None:
        """Wait for the first state; raises Unavailable when it has not come within ``timeout`` seconds."""
        if self._synced.is_set():
            return
        try:
            async with asyncio.timeout(timeout):
                await self._synced.wait()
        except TimeoutError:
            reason = self._watch.statistics().last_error or "the Modules have not been read yet"
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
            decoded = await self._decode(batch)
            # From here on nothing waits: no reader sees half a batch, no watcher a state that it is told again.
            found = [self._change(change, entry) for change, entry in decoded]
            if batch.cause is Cause.SNAPSHOT or batch.revision < self._revision:
                self._hub.begin(batch.revision)
            self._hub.publish([event for event in found if event is not None])
            self._revision = batch.revision
            self._synced.set()
            self._moved.set()
            self._moved = asyncio.Event()

    async def _decode(self, batch: WatchBatch) -> list[tuple[Change, CachedModule | None]]:
        """The changes that tell something, with their entries; a deletion has none."""
        decoded: list[tuple[Change, CachedModule | None]] = []
        for number, change in enumerate(batch.changes, 1):
            if number % _SLICE == 0:
                await asyncio.sleep(0)
            name = name_of(change.key)
            if change.type is ChangeType.DELETED:
                self._undecodable.discard(name)
                decoded.append((change, None))
                continue
            if change.item is None:
                continue
            try:
                entry = CachedModule(decode_module(change.item.value, change.key, change.item.mod_revision))
                # Made now, in slices: the first list of ten thousand would otherwise make them all at once.
                entry.make_json()
                decoded.append((change, entry))
                self._undecodable.discard(name)
            except DecodeError as error:
                self._undecodable.add(name)
                _log.warning("a Module was left as it was: %s", error)
        return decoded

    def _change(self, change: Change, entry: CachedModule | None) -> Event | None:
        name = name_of(change.key)
        before = self._entries.get(name)
        if entry is None:
            return None if before is None else self._delete(name, before, change.revision)
        if before is None:
            bisect.insort(self._names, name)
        self._entries[name] = entry
        # An object that nobody could read until now is new to every watcher, whatever the store calls it.
        return Event(change.type if before else ChangeType.CREATED, change.revision, entry, before)

    def _delete(self, name: str, before: CachedModule, revision: int) -> Event:
        del self._entries[name]
        del self._names[bisect.bisect_left(self._names, name)]
        last = CachedModule(before.module.with_meta(resource_version=str(revision)))
        return Event(ChangeType.DELETED, revision, last, before)
