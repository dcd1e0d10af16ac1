"""The Modules in memory, kept by one watch of their prefix."""

from __future__ import annotations

import asyncio
import bisect
import logging
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType

from ...clock import SYSTEM_CLOCK, Clock
from ...modules.json.codec import read_module
from ...modules.kv import Change, ChangeType, KeyValueStore
from ...modules.names import MODULES_PREFIX, name_of
from ...modules.watching.batches import Cause, WatchBatch
from .cached_module import CachedModule
from .events import Event
from .mirror import WatchedMirror
from .watch_hub import WatchHub

_log = logging.getLogger(__name__)

# Objects, or bytes of them, read before the loop gets a turn: some milliseconds of work.
_SLICE = 100
_SLICE_BYTES = 256 << 10


class ModuleCache(WatchedMirror):
    """Every Module, by name, as of ``revision``; what changes is published to ``hub``.

    ``saw`` hears of what is changed in the store while it is followed: not of what was there, nor of other data.

    A value that cannot be decoded is shown as a Module that is invalid: the log names key, revision and reason.
    """

    def __init__(
        self,
        store: KeyValueStore,
        hub: WatchHub,
        *,
        check_interval: float = 10.0,
        clock: Clock = SYSTEM_CLOCK,
        saw: Callable[[Sequence[Event]], object] | None = None,
    ) -> None:
        super().__init__(store, MODULES_PREFIX, check_interval=check_interval, clock=clock)
        self._hub = hub
        self._saw = saw
        # In the order of their last writes.
        self._entries: dict[str, CachedModule] = {}
        self._names: list[str] = []
        self._undecodable: set[str] = set()
        self._incomplete: set[str] = set()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop following, within seconds; watchers are told that it ends."""
        self._hub.close()
        await super().__aexit__(kind, error, trace)

    @property
    def undecodable(self) -> int:
        """How many keys hold a value that is no Module."""
        return len(self._undecodable)

    @property
    def incomplete(self) -> frozenset[str]:
        """The names of those whose values can be read but lack what the original needs."""
        return frozenset(self._incomplete)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, name: str) -> CachedModule | None:
        """The Module called ``name``."""
        return self._entries.get(name)

    def entries(self) -> Sequence[CachedModule]:
        """All of them, by name."""
        entries = self._entries
        return [entries[name] for name in self._names]

    def by_revision(self) -> Iterable[CachedModule]:
        """All of them, the one that was written last at the end."""
        return self._entries.values()

    async def _take(self, batch: WatchBatch) -> None:
        decoded = await self._decode(batch)
        # From here on nothing waits: no reader sees half a batch, no watcher a state that it is told again.
        found = [self._change(change, entry) for change, entry in decoded]
        if batch.cause is not Cause.CHANGES:
            # A state read anew may be one of other data, where what stayed as it was has a higher revision.
            self._entries = dict(sorted(self._entries.items(), key=lambda item: item[1].module.revision))
        if batch.cause is Cause.SNAPSHOT or batch.revision < self._revision:
            self._hub.begin(batch.revision)
        events = [event for event in found if event is not None]
        self._hub.publish(events)
        self._tell([event.entry.module.name for event in events])
        if self._saw is not None and batch.cause is not Cause.SNAPSHOT and not batch.replaced:
            self._saw(events)

    async def _decode(self, batch: WatchBatch) -> list[tuple[Change, CachedModule | None]]:
        """The changes that tell something, with their entries; a deletion has none."""
        decoded: list[tuple[Change, CachedModule | None]] = []
        read = 0
        for number, change in enumerate(batch.changes, 1):
            if number % _SLICE == 0 or read >= _SLICE_BYTES:
                read = 0
                await asyncio.sleep(0)
            name = name_of(change.key)
            if change.type is ChangeType.DELETED:
                self._undecodable.discard(name)
                self._incomplete.discard(name)
                decoded.append((change, None))
                continue
            if change.item is None:
                continue
            read += len(change.item.value)
            entry = CachedModule(read_module(change.item.value, change.key, change.item.mod_revision))
            # Made now, in slices: the first list of ten thousand would otherwise make them all at once.
            entry.make_json()
            decoded.append((change, entry))
            self._undecodable.discard(name)
            self._incomplete.discard(name)
            if entry.module.incomplete and not entry.module.invalid:
                self._incomplete.add(name)
            if reason := entry.module.invalid:
                self._undecodable.add(name)
                _log.warning("a Module is invalid: %s at revision %d: %s", change.key, change.revision, reason)
        return decoded

    def _change(self, change: Change, entry: CachedModule | None) -> Event | None:
        name = name_of(change.key)
        before = self._entries.pop(name, None)
        if entry is None:
            return None if before is None else self._delete(name, before, change.revision)
        if before is None:
            bisect.insort(self._names, name)
        self._entries[name] = entry
        # What this cache did not know is new to every watcher, whatever the store calls it.
        return Event(change.type if before else ChangeType.CREATED, change.revision, entry, before)

    def _delete(self, name: str, before: CachedModule, revision: int) -> Event:
        del self._names[bisect.bisect_left(self._names, name)]
        last = CachedModule(before.module.with_meta(resource_version=str(revision)))
        return Event(ChangeType.DELETED, revision, last, before)
