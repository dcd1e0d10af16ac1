"""The store that matters: etcd, through its JSON gateway.

What happens to a call when an endpoint fails: reads, lease calls, ``create`` and ``update`` with ``expected`` go on
to the next endpoint within the call's time. ``create`` and ``update`` with ``expected`` look, when a second attempt
finds that the condition no longer holds, whether the key holds what they wrote: then the first attempt was carried
out though its answer was lost. ``put``, ``delete`` and ``update`` without ``expected`` are sent again only when
they certainly were not carried out, because a second time they could undo a later write of another client; else they
raise Unavailable, and the outcome is unknown.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import (
    AlreadyExists,
    Compacted,
    DeadlineExceeded,
    DecodeError,
    NotFound,
    RemoteError,
    ResourceExhausted,
    Unavailable,
    VersionConflict,
)
from ..kv import Change, ClockDifference, Count, KeyRange, KeyValue, Proof, Range
from . import messages
from .failover import Repeat
from .options import EtcdOptions
from .page_size import PageSize
from .session import Answer, EtcdSession

__all__ = ["EtcdOptions", "EtcdStatistics", "EtcdStore"]

# Bytes of values that are decoded before other tasks get their turn: about a millisecond. An event counts, too.
_SLICE = 256 * 1024
_EVENT = 700
# How often a range starts again because its revision was compacted between two pages.
_RANGE_ATTEMPTS = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EtcdStatistics:
    """What a store has done so far: ``endpoint`` is the one in use, the rest are counts, of calls and of watches.

    ``clock_difference`` is how far the clock of the server that answered last is from ours, None before an answer.
    """

    endpoint: str
    calls: int
    failures: int
    failovers: int
    reauthentications: int
    open_watches: int
    clock_difference: ClockDifference | None = None


@dataclass(frozen=True, slots=True)
class _Txn:
    succeeded: bool
    revision: int
    item: KeyValue | None
    doubtful: bool

    def is_ours(self, value: bytes, lease: int) -> bool:
        """Whether a lost first attempt wrote what is there now. Another client writing the very same looks equal."""
        return self.doubtful and self.item is not None and self.item.value == value and self.item.lease == lease


class EtcdStore:
    """A ``KeyValueStore`` in etcd 3.4 or later. See there for what each call does and raises.

    Every call takes at most ``options.call_timeout`` seconds, a ``range`` that for each page (of 500 items, or about
    4 MiB). An instance belongs to the event loop that it was entered in and may be used by many of its tasks at once.
    Open one for the whole process: each costs some memory for good. ``clock`` is what etcd's time is compared with.
    """

    def __init__(self, options: EtcdOptions | None = None, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._options = options or EtcdOptions()
        self._session = EtcdSession(self._options, clock=clock)
        self._clock = clock
        # Of the last renewal: when it was asked for, and the revision, cluster and member of its answer.
        self._proof: tuple[float, int, str, str] | None = None

    def __repr__(self) -> str:
        endpoints = ",".join(self._options.endpoints)
        return f"<EtcdStore {endpoints} using {self._session.endpoint}, {self._session.watches} watches>"

    async def __aenter__(self) -> Self:
        """Make it ready; nothing is sent. Raises ConfigError when a certificate file cannot be used."""
        await self._session.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, within two seconds. Watches and calls under way raise Unavailable, at the latest in their own time."""
        await self._session.close()

    def statistics(self) -> EtcdStatistics:
        """What it has done so far."""
        counters = self._session.counters
        return EtcdStatistics(
            self._session.endpoint,
            counters.calls,
            counters.failures,
            counters.failovers,
            counters.reauthentications,
            self._session.watches,
            self._session.clock_difference,
        )

    def last_proof(self) -> Proof | None:
        """What the last renewal of a lease told; None before the first, and after one that got no answer."""
        if self._proof is None:
            return None
        asked_at, revision, cluster, member = self._proof
        return Proof(asked_at, revision, cluster, self._session.leads_to(member))

    def clock_difference(self) -> ClockDifference | None:
        """How far the clock of the server that answered last is from ours; None before the first answer."""
        return self._session.clock_difference

    async def server_version(self) -> str:
        """The version of the member that answers, as ``3.5.1``. Raises what every call raises."""
        answer = await self._session.call("/maintenance/status", {}, Repeat.ALWAYS, leader=False)
        return self._decoded(answer, lambda status: str(status.get("version", "")))

    async def reload_credentials(self) -> None:
        """Read the certificates now and use new connections; open watches go on. Raises ConfigError; all stays then."""
        await self._session.reload_credentials()

    async def get(self, key: str, *, serializable: bool = False, revision: int = 0) -> KeyValue | None:
        """The item, or None. ``serializable`` asks one member for what it has, also when it lost its leader.

        With ``revision`` as it was then; raises Compacted when that is forgotten.
        """
        request = {**messages.key_range(key, exact=True), "serializable": serializable, "revision": str(revision)}
        try:
            answer = await self._session.call("/kv/range", request, Repeat.ALWAYS, leader=not serializable)
        except RemoteError as error:
            if error.code == "OUT_OF_RANGE" and revision:
                raise Compacted(revision, 0) from error
            raise
        found, _ = self._decoded(answer, messages.range_answer)
        return found.items[0] if found.items else None

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
        """All items below ``prefix`` (or that key alone), by key, at one revision; ``limit`` 0 means all.

        With ``newer_than`` only those that were written after that revision: etcd looks at all keys for each answer
        then. Those of ``also`` follow. They come in pages, of fewer items where values are large; the first ones of all
        ranges are one call. Raises ResourceExhausted for an item that exceeds ``max_message``.
        """
        requests: list[messages.Json] = []
        for each in (KeyRange(prefix, exact), *also):
            requests.append({**messages.key_range(each.prefix, exact=each.exact), "keys_only": keys_only})
            if newer_than:
                requests[-1]["min_mod_revision"] = str(newer_than + 1)
        attempts = 1
        while True:
            try:
                return await self._pages(requests, limit)
            except RemoteError as error:
                # The revision of the first page was compacted before the last one was asked for: once more.
                if error.code != "OUT_OF_RANGE" or attempts == _RANGE_ATTEMPTS:
                    raise
            attempts += 1

    async def count(self, prefix: str, *, exact: bool = False) -> Count:
        """How many keys lie below ``prefix`` (or whether that key is there)."""
        request = {**messages.key_range(prefix, exact=exact), "count_only": True}
        return self._decoded(await self._session.call("/kv/range", request, Repeat.ALWAYS), messages.count_answer)

    async def create(self, key: str, value: bytes, *, lease: int = 0) -> int:
        """Write a key that does not exist; the new revision. Raises AlreadyExists, NotFound for the lease."""
        action = {"request_put": messages.put_request(key, value, lease)}
        txn = await self._txn(key, [messages.ABSENT], action, Repeat.ALWAYS, lease)
        if txn.succeeded:
            return txn.revision
        # An attempt before may have been carried out without an answer: then what is there is ours, and still is.
        if txn.item is not None and txn.item.create_revision == txn.item.mod_revision and txn.is_ours(value, lease):
            return txn.item.mod_revision
        raise AlreadyExists("key", key)

    async def update(self, key: str, value: bytes, *, expected: int | None = None, lease: int = 0) -> int:
        """Write a key that exists, at mod_revision ``expected`` if given; the new revision.

        Raises NotFound (also for the lease), VersionConflict.
        """
        action = {"request_put": messages.put_request(key, value, lease)}
        # Without a revision a repeated write could undo what another client has written in between.
        repeat = Repeat.UNSENT if expected is None else Repeat.ALWAYS
        txn = await self._txn(key, _conditions(expected), action, repeat, lease)
        if txn.succeeded:
            return txn.revision
        if txn.item is None or expected is None:
            raise NotFound("key", key)
        # As with create: our own write, whose answer was lost, is no conflict.
        if txn.item.mod_revision > expected and txn.is_ours(value, lease):
            return txn.item.mod_revision
        raise VersionConflict(key, expected, txn.item.mod_revision)

    async def put(self, key: str, value: bytes, *, lease: int = 0) -> int:
        """Write a key whether or not it exists; the new revision. Raises NotFound for the lease."""
        return self._decoded(
            await self._write("/kv/put", messages.put_request(key, value, lease), Repeat.UNSENT, lease),
            messages.header_revision,
        )

    async def delete(self, key: str, *, expected: int | None = None) -> KeyValue:
        """Delete a key; its last item. Raises NotFound, VersionConflict."""
        action = {"request_delete_range": {**messages.key_range(key, exact=True), "prev_kv": True}}
        txn = await self._txn(key, _conditions(expected), action, Repeat.UNSENT)
        if txn.item is None:
            raise NotFound("key", key)
        if not txn.succeeded:
            raise VersionConflict(key, expected or 0, txn.item.mod_revision)
        return txn.item

    async def grant_lease(self, ttl: float) -> int:
        """A new lease of at least ``ttl`` seconds; its id. One whose grant got no answer ends by itself."""
        answer = await self._session.call("/lease/grant", {"TTL": str(max(1, math.ceil(ttl)))}, Repeat.ALWAYS)
        return self._decoded(answer, lambda data: messages.integer(data, "ID"))

    async def keep_lease(self, lease: int) -> float:
        """Renew a lease; the seconds that it has left. Raises NotFound when it has expired.

        The renewal speaks for the watches as well (``last_proof``), and they follow it: those of an endpoint that did
        not answer it, or that is not the one that did, end with Unavailable.
        """
        self._proof, asked_at = None, self._clock.monotonic()
        try:
            answer = await self._session.call("/lease/keepalive", {"ID": str(lease)}, Repeat.ALWAYS)
        except (Unavailable, DeadlineExceeded) as error:
            self._session.drop_watches(f"a lease could not be renewed: {error}")
            raise
        left, revision, cluster, member = self._decoded(answer, messages.renewal_answer)
        self._session.drop_watches("a lease was renewed elsewhere", but=self._session.endpoint)
        self._proof = asked_at, revision, cluster, member
        if left <= 0:
            raise NotFound("lease", str(lease))
        return float(left)

    async def revoke_lease(self, lease: int) -> None:
        """End a lease and delete its keys; an expired one is fine."""
        try:
            await self._session.call("/lease/revoke", {"ID": str(lease)}, Repeat.ALWAYS)
        except RemoteError as error:
            if error.code != "NOT_FOUND":
                raise

    async def changes(
        self,
        prefix: str,
        start: int,
        *,
        exact: bool = False,
        also: Sequence[tuple[KeyRange, int]] = (),
        at_once: Callable[[list[Change]], bool] | None = None,
    ) -> AsyncGenerator[list[Change], None]:
        """One stream of changes from revision ``start`` on, in batches that hold whole revisions, in order.

        What is in ``also`` is told by the same connection: a create request each in one POST, which etcd's gateway
        takes as one stream (3.4.23, 3.5.1). ``at_once`` gets the batches of small messages.

        Asking for the first batch opens it; when etcd does not confirm that within ``call_timeout``, it raises. Ends
        with Compacted, Unavailable (also when the store is closed, or the members have no leader),
        PermissionRefused, RemoteError, or ResourceExhausted: as many watches are open as ``max_watches`` allows, or
        one change is too large. A peer that falls silent is not noticed here. Close it with ``contextlib.aclosing``.
        """
        starts = ((KeyRange(prefix, exact), start), *also)
        requests = [messages.watch_request(keys.prefix, each, exact=keys.exact) for keys, each in starts]
        stream = await self._session.watch(requests, min(each for _, each in starts))
        left: list[Change] = []

        def take(message: bytes) -> bool:
            events = map(messages.change, stream.reader.take(message))
            changes = messages.decoded("an event of etcd", list, events)
            if not changes or (at_once is not None and at_once(changes)):
                return True
            left.extend(changes)
            return False

        try:
            while True:
                following = await stream.receive(take if at_once is not None else None)
                if left:
                    yield left.copy()
                    left.clear()
                for message in following:
                    events = stream.reader.take(message)
                    if events:
                        yield await _decode_changes(events, len(message))
        except DecodeError as error:
            raise RemoteError(stream.reader.peer, "DATA_LOSS", str(error)) from error
        except Unavailable:
            self._session.leave(stream.reader.peer)
            raise
        finally:
            stream.close()

    async def _pages(self, requests: list[messages.Json], limit: int) -> Range:
        """The items of all ``requests``, at the revision of their first pages, which come together."""
        sizes = PageSize(limit, keys_only=requests[0]["keys_only"])
        pages = await self._page(requests, sizes)
        first = pages[0][0]
        items: list[KeyValue] = []
        for request, (page, more) in zip(requests, pages, strict=True):
            items += page.items
            found, following = len(page.items), {**request, "revision": str(first.revision)}
            while more and page.items and found != limit:
                sizes.note(page.items)
                following["key"] = messages.base64_text(messages.key_bytes(page.items[-1].key) + b"\0")
                [(page, more)] = await self._page([following], sizes, found)
                items += page.items
                found += len(page.items)
        return Range(tuple(items), first.revision, first.cluster)

    async def _page(self, requests: list[messages.Json], sizes: PageSize, found: int = 0) -> list[tuple[Range, bool]]:
        """One page of each of ``requests``, of which ``found`` items are there, and whether there is more."""
        while True:
            wanted = sizes.next(found)
            asked = [{**request, "limit": str(wanted)} for request in requests]
            try:
                if len(asked) > 1:
                    answer = await self._session.call("/kv/txn", messages.ranges_request(asked), Repeat.ALWAYS)
                    return self._decoded(answer, messages.ranges_answer)
                answer = await self._session.call("/kv/range", asked[0], Repeat.ALWAYS)
                return [self._decoded(answer, messages.range_answer)]
            except (ResourceExhausted, DeadlineExceeded) as error:
                if not sizes.shrink(wanted, error):
                    raise

    async def _txn(
        self, key: str, conditions: list[messages.Json], action: messages.Json, repeat: Repeat, lease: int = 0
    ) -> _Txn:
        answer = await self._write("/kv/txn", messages.txn_request(key, conditions, action), repeat, lease)
        succeeded, revision, item = self._decoded(answer, messages.txn_answer)
        return _Txn(succeeded, revision, item, answer.doubtful)

    async def _write(self, path: str, request: messages.Json, repeat: Repeat, lease: int) -> Answer:
        try:
            return await self._session.call(path, request, repeat)
        except RemoteError as error:
            # The only thing that a put can miss; a key that is not there is no error of etcd's.
            if error.code == "NOT_FOUND":
                raise NotFound("lease", str(lease)) from error
            raise

    def _decoded(self, answer: Answer, decode: Callable[[messages.Json], T]) -> T:
        try:
            return messages.decoded("an answer of etcd", decode, answer.data)
        except DecodeError as error:
            raise RemoteError(self._session.endpoint, "DATA_LOSS", str(error)) from error


def _conditions(expected: int | None) -> list[messages.Json]:
    return [messages.PRESENT] if expected is None else [messages.PRESENT, messages.at_revision(expected)]


async def _decode_changes(events: list[messages.Json], message_size: int) -> list[Change]:
    """Decode, giving way to other tasks after each millisecond's worth of work, the parsing before it included."""
    changes: list[Change] = []
    work = message_size
    for event in events:
        if work >= _SLICE:
            await asyncio.sleep(0)
            work = 0
        change = messages.decoded("an event of etcd", messages.change, event)
        changes.append(change)
        work += _EVENT + (len(change.item.value) if change.item is not None else 0)
    return changes
