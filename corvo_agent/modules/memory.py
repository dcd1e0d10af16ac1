"""A key-value store in memory with etcd's semantics: for tests of services that embed Corvo, and for our own.

It can be made to misbehave as a real etcd does: go away, drop its streams, let them fall silent, compact its
history, lose its data.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import AlreadyExists, Compacted, NotFound, Unavailable, VersionConflict
from .kv import Change, ChangeType, Count, KeyRange, KeyValue, Proof, Range

_PEER = "the store in memory"


@dataclass(slots=True)
class _Lease:
    ttl: float
    expires: float
    keys: set[str] = field(default_factory=set)


class MemoryStore:
    """A ``KeyValueStore`` in the memory of this process, for tests and for trying things out.

    It keeps the contract of ``EtcdStore``, revisions, leases and compaction included.

    Leases run on ``clock``. The last ``history`` changes are kept for streams; older ones are compacted away.
    """

    def __init__(self, *, clock: Clock = SYSTEM_CLOCK, history: int = 100_000) -> None:
        self._clock = clock
        self._history_limit = history
        self._lease_ids = itertools.count(1)
        self._incarnations = itertools.count(1)
        self._moved = asyncio.Event()
        self._lease_granted = asyncio.Event()
        self._reaper: asyncio.Task[None] | None = None
        self._streams = itertools.count(1)
        # Streams up to the first of these numbers are broken, those up to the second will say nothing more.
        self._broken = self._silent = 0
        self._away = False
        self._revision = self._compacted = 1
        self._history: deque[list[Change]] = deque()
        # How many entries the front of the history has lost.
        self._forgotten = 0
        self._items: dict[str, KeyValue] = {}
        self._leases: dict[int, _Lease] = {}
        self._proof: Proof | None = None
        self.cluster = ""
        self.replace_data()

    async def __aenter__(self) -> Self:
        """Start the task that ends leases in time."""
        self._reaper = asyncio.create_task(self._reap(), name="corvo-memory-leases")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every stream."""
        self.disconnect()
        if self._reaper is not None:
            self._reaper.cancel()
            await asyncio.wait({self._reaper})
            self._reaper = None

    # Misbehaving, on purpose.

    def compact(self, revision: int) -> None:
        """Forget the history before ``revision``, as ``etcdctl compact`` does."""
        self._compacted = max(self._compacted, min(revision, self._revision))
        while self._history and self._history[0][0].revision < self._compacted:
            self._history.popleft()
            self._forgotten += 1

    def disconnect(self) -> None:
        """Break every stream that is open now."""
        self._broken = next(self._streams)
        self._wake()

    def go_away(self) -> None:
        """Answer nothing any more: each call and each stream raises Unavailable, until ``come_back``."""
        self._away = True
        self.disconnect()

    def come_back(self) -> None:
        """Answer again."""
        self._away = False

    def silence_streams(self) -> None:
        """Let the streams that are open now say nothing more, though calls are answered: a half-open connection."""
        self._silent = next(self._streams)

    def remove_silently(self, key: str) -> None:
        """Delete a key without a change that any stream could ever see."""
        self._revision += 1
        del self._items[key]

    def replace_data(self, items: Iterable[tuple[str, bytes]] = ()) -> None:
        """Start again at revision 1 as another cluster, holding only ``items``; leases and history are gone."""
        self.cluster = f"memory-{next(self._incarnations)}"
        self._items.clear()
        self._leases.clear()
        self._history.clear()
        self._forgotten = 0
        self._revision, self._compacted = 1, 0
        self.disconnect()
        for key, value in items:
            self._write(key, value, 0)

    # The KeyValueStore.

    def last_proof(self) -> Proof | None:
        """What the last renewal of a lease told."""
        return self._proof

    @property
    def revision(self) -> int:
        """The revision of the last write."""
        return self._revision

    async def get(self, key: str, *, serializable: bool = False, revision: int = 0) -> KeyValue | None:
        """The item, or None; with ``revision`` as it was then. Raises Compacted."""
        self._answer()
        if 0 < revision < self._compacted:
            raise Compacted(revision, self._compacted)
        item = self._items.get(key)
        if not revision or (item is not None and item.mod_revision <= revision):
            return item
        for changes in reversed(self._history):
            for change in changes:
                if change.key == key and change.revision <= revision:
                    return None if change.type is ChangeType.DELETED else change.item
        return None

    async def range(
        self,
        prefix: str,
        *,
        exact: bool = False,
        limit: int = 0,
        keys_only: bool = False,
        newer_than: int = 0,
        also: Sequence[KeyRange] = (),
    ) -> Range:
        """Items below ``prefix`` (or that key) newer than a revision, by key, then those of ``also``; see there."""
        self._answer()
        found: list[KeyValue] = []
        for keys in (KeyRange(prefix, exact), *also):
            items = [self._items[key] for key in sorted(self._items) if keys.holds(key)]
            found += [item for item in items if item.mod_revision > newer_than][: limit or None]
        if keys_only:
            found = [KeyValue(item.key, b"", item.create_revision, item.mod_revision, item.lease) for item in found]
        return Range(tuple(found), self._revision, self.cluster)

    async def count(self, prefix: str, *, exact: bool = False) -> Count:
        """How many keys lie below ``prefix``."""
        self._answer()
        keys = sum(map(KeyRange(prefix, exact).holds, self._items))
        return Count(keys, self._revision, self.cluster)

    async def create(self, key: str, value: bytes, *, lease: int = 0) -> int:
        """Write a key that does not exist; the new revision. Raises AlreadyExists."""
        self._answer()
        if key in self._items:
            raise AlreadyExists("key", key)
        return self._write(key, value, lease)

    async def update(self, key: str, value: bytes, *, expected: int | None = None, lease: int = 0) -> int:
        """Write a key that exists, at mod_revision ``expected`` if given. Raises NotFound, VersionConflict."""
        self._answer()
        self._expect(key, expected)
        return self._write(key, value, lease)

    async def put(self, key: str, value: bytes, *, lease: int = 0) -> int:
        """Write a key whether or not it exists; the new revision."""
        self._answer()
        return self._write(key, value, lease)

    async def delete(self, key: str, *, expected: int | None = None) -> KeyValue:
        """Delete a key; its last item. Raises NotFound, VersionConflict."""
        self._answer()
        item = self._expect(key, expected)
        self._remove([key])
        return item

    async def grant_lease(self, ttl: float) -> int:
        """A new lease of ``ttl`` seconds; its id."""
        self._answer()
        lease = next(self._lease_ids)
        self._leases[lease] = _Lease(ttl, self._clock.monotonic() + ttl)
        self._lease_granted.set()
        return lease

    async def keep_lease(self, lease: int) -> float:
        """Renew a lease; the seconds that it has left. Raises NotFound when it has expired."""
        self._proof = None
        self._answer()
        self._proof = Proof(self._clock.monotonic(), self._revision, self.cluster, streams=True)
        found = self._lease(lease)
        found.expires = self._clock.monotonic() + found.ttl
        return found.ttl

    async def revoke_lease(self, lease: int) -> None:
        """End a lease and delete its keys; an expired one is fine."""
        self._answer()
        self._end(lease)

    async def changes(
        self,
        prefix: str,
        start: int,
        *,
        exact: bool = False,
        also: Sequence[tuple[KeyRange, int]] = (),
        at_once: Callable[[list[Change]], bool] | None = None,
    ) -> AsyncGenerator[list[Change], None]:
        """One stream of changes from revision ``start`` on, and of ``also``. Raises Compacted, Unavailable."""
        self._answer()
        starts = ((KeyRange(prefix, exact), start), *also)
        start = min(each for _, each in starts)
        stream, position = next(self._streams), 0
        while True:
            if stream <= self._broken:
                raise Unavailable(_PEER, "the stream was broken")
            # Taken before looking: a change between the look and the wait sets this one.
            moved = self._moved
            # A silenced stream stays open and tells nothing, as a half-open connection does.
            if stream > self._silent:
                if start < self._compacted:
                    raise Compacted(start, self._compacted)
                entries = itertools.islice(self._history, max(0, position - self._forgotten), None)
                batch = [
                    change
                    for entry in entries
                    for change in entry
                    if change.revision >= start and _is_told(change, starts)
                ]
                position, start = self._forgotten + len(self._history), max(start, self._revision + 1)
                if batch:
                    yield batch
                    continue
            await moved.wait()

    def _answer(self) -> None:
        if self._away:
            raise Unavailable(_PEER, "it is away")
        self._end_expired()

    def _expect(self, key: str, expected: int | None) -> KeyValue:
        item = self._items.get(key)
        if item is None:
            raise NotFound("key", key)
        if expected is not None and item.mod_revision != expected:
            raise VersionConflict(key, expected, item.mod_revision)
        return item

    def _write(self, key: str, value: bytes, lease: int) -> int:
        if lease:
            self._lease(lease).keys.add(key)
        old = self._items.get(key)
        # A write without the lease takes the key from it, as in etcd.
        if old is not None and old.lease and old.lease != lease:
            self._leases[old.lease].keys.discard(key)
        self._revision += 1
        created = old.create_revision if old else self._revision
        item = self._items[key] = KeyValue(key, value, created, self._revision, lease)
        self._record([Change(ChangeType.UPDATED if old else ChangeType.CREATED, key, self._revision, item)])
        return self._revision

    def _remove(self, keys: Iterable[str]) -> None:
        removed = [self._items.pop(key) for key in sorted(keys)]
        if removed:
            self._revision += 1
            for item in removed:
                if item.lease in self._leases:
                    self._leases[item.lease].keys.discard(item.key)
            self._record([Change(ChangeType.DELETED, item.key, self._revision, None) for item in removed])

    def _record(self, changes: list[Change]) -> None:
        self._history.append(changes)
        if len(self._history) > self._history_limit:
            self.compact(self._history[1][0].revision)
        self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def _lease(self, lease: int) -> _Lease:
        found = self._leases.get(lease)
        if found is None:
            raise NotFound("lease", str(lease))
        return found

    def _end(self, lease: int) -> None:
        ended = self._leases.pop(lease, None)
        if ended is not None:
            self._remove(ended.keys)

    def _end_expired(self) -> None:
        now = self._clock.monotonic()
        for lease in [number for number, lease in self._leases.items() if lease.expires <= now]:
            self._end(lease)

    async def _reap(self) -> None:
        while True:
            self._end_expired()
            self._lease_granted.clear()
            if self._leases:
                soonest = min(lease.expires for lease in self._leases.values())
                await self._clock.sleep(max(0.0, soonest - self._clock.monotonic()))
            else:
                await self._lease_granted.wait()


def _is_told(change: Change, starts: Iterable[tuple[KeyRange, int]]) -> bool:
    return any(keys.holds(change.key) and change.revision >= start for keys, start in starts)
