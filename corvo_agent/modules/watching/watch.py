"""The one way to follow keys: a snapshot, then every change after it, for as long as it is wanted.

Connections break, leaders are lost, histories are compacted, data directories are replaced, and a connection may be
dead without saying so. ``Watch`` hides all of it: it resumes after the last change it has seen, or takes a new
snapshot and tells the difference. Nothing is lost, nothing is told twice.

How a silent stream is found: every few seconds the keys are read (linearizable) and compared with what the stream
has told. What is missing has a short grace to arrive, for it may be on its way, and more time for as long as the
stream goes on towards it. If it does not arrive, the stream is opened again, and after that a snapshot is taken.

Many keys are not listed each time: the store is asked for its revision. While that has not moved, or every revision
has come over the stream, nothing can be missing. Else they are counted, and those that were written since are asked
for, which costs the store something for each key that it holds: so this happens once in a second for each
thousand keys at most, and once a minute at least: as long as that a stream may be silent inside a healthy store.

Where the store holds a lease of this process, its renewals spare the reading (``modules.vouching``): they find a
member that does not answer or has no leader, and say when nothing was written. A stream that fell silent inside a
healthy store is found within a minute then.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self

from ...backoff import Backoff
from ...clock import SYSTEM_CLOCK, Clock
from ...errors import Compacted, CorvoError, DeadlineExceeded, PermissionRefused, Unavailable
from ..kv import Change, Count, KeyRange, KeyValueStore, Range
from ..vouching import Vouching
from .batches import CHANGES, RESYNC, SNAPSHOT, BatchBuffer, Cause, WatchBatch
from .statistics import WatchStatistics
from .view import View

_log = logging.getLogger(__name__)

# Batches that wait for a slow consumer before the stream is not read on.
_BUFFERED_BATCHES = 16
# Keys that are listed in one answer of the store: counting so few of them gains nothing.
_FEW = 500
# Seconds between two looks for what was written lately: for each key, and at most.
_LOOK_PER_KEY, _LOOK_AT_LEAST = 0.001, 60.0
# Seconds that closing may take, and the most that what the store shows may be on its way to us.
_CLOSE_TIMEOUT = _MAX_GRACE = 2.0


class _StreamSilent(Unavailable):
    """The store shows what the stream has not told in time."""


class _DataReplaced(Unavailable):
    """The store holds other data than before."""


class Watch:
    """Follows the keys below ``prefix`` (or that key alone, with ``exact``) while it is entered, and those of ``also``.

    Iterate over it for batches; one consumer. It never gives up: while the store is away it tries again with
    ``backoff``, and ``statistics()`` tells how it is doing. A dead stream is found within ``check_interval`` seconds;
    where more than 500 keys are followed and others are written, within a minute and that.

    ``at_once`` is called with a batch while the consumer waits for one, in the turn of the loop in which it was read;
    what it returns False for comes by iteration, and what it raises too. It has to be quick.
    """

    def __init__(
        self,
        store: KeyValueStore,
        prefix: str,
        *,
        exact: bool = False,
        also: Sequence[KeyRange] = (),
        check_interval: float = 10.0,
        backoff: Backoff | None = None,
        clock: Clock = SYSTEM_CLOCK,
        at_once: Callable[[WatchBatch], bool] | None = None,
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._exact = exact
        self._also = tuple(also)
        self._check_interval = check_interval
        self._grace = min(_MAX_GRACE, check_interval / 5)
        self._check_period = check_interval - self._grace
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._view = View((KeyRange(prefix, exact), *self._also))
        self._buffer = BatchBuffer(_BUFFERED_BATCHES, at_once=at_once)
        self._task: asyncio.Task[None] | None = None
        self._first_snapshot = asyncio.Event()
        self._snapshot_needed = True
        self._data_replaced = False
        # How many checks in a row have found the stream silent.
        self._doubts = 0
        # The clock's time from which on many keys may be looked through again.
        self._look_again = 0.0
        self._vouching = Vouching(store, clock)
        # What the store had named when it was checked last.
        self._seen_before = 0
        self._connected = False
        self._changes = self._snapshots = self._streams = 0
        self._last_error = ""
        self._last_error_type: type[Exception] | None = None
        self._last_change_time = 0
        self._confirmed_at: float | None = None

    def __repr__(self) -> str:
        state = "connected" if self._connected else "not connected"
        return f"<Watch of {self._prefix}, {state}, revision {self._view.revision}>"

    async def __aenter__(self) -> Self:
        """Start following; does not wait for the store."""
        self._task = asyncio.create_task(self._run(), name=f"corvo-watch {self._prefix}")
        self._task.add_done_callback(lambda _: self._buffer.close())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop following, see ``aclose``."""
        await self.aclose()

    async def aclose(self) -> None:
        """Stop following, within two seconds; iteration ends. May be called at any time and again."""
        self._connected = False
        self._buffer.close()
        if self._task is not None:
            self._task.cancel()
            _, pending = await asyncio.wait({self._task}, timeout=_CLOSE_TIMEOUT)
            if pending:
                _log.warning("the watch of %s does not end", self._prefix)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> WatchBatch:
        """The next batch, when there is one. A cancelled wait loses nothing."""
        batch = await self._buffer.get()
        if batch is not None:
            return batch
        if self._task is not None and self._task.done() and not self._task.cancelled():
            # It ends only when it is cancelled, or by a fault of ours that must not pass for the end.
            self._task.result()
        raise StopAsyncIteration

    async def wait_synced(self) -> None:
        """Wait until the first snapshot has been taken; cancel it to give up waiting."""
        await self._first_snapshot.wait()

    def statistics(self) -> WatchStatistics:
        """How the watch is doing."""
        return WatchStatistics(
            connected=self._connected,
            revision=self._view.revision,
            keys=len(self._view.items),
            changes=self._changes,
            resyncs=max(0, self._snapshots - 1),
            reconnects=max(0, self._streams - 1),
            last_error=self._last_error,
            last_change_time=self._last_change_time,
            confirmed_at=self._confirmed_at,
        )

    async def _run(self) -> None:
        while True:
            try:
                await self._session()
            except Exception as error:
                self._note(error)
            await self._clock.sleep(self._backoff.next())

    async def _session(self) -> None:
        """Follow one stream until it ends, which it always does with an exception."""
        resumed = not self._snapshot_needed
        if self._snapshot_needed:
            await self._take_snapshot()
        # No task group: one whose task fails in the moment of a cancellation raises the failure alone.
        tasks = [
            asyncio.create_task(self._follow(), name=f"corvo-watch-stream {self._prefix}"),
            asyncio.create_task(self._check_often(at_once=resumed), name=f"corvo-watch-check {self._prefix}"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            failures = [error for task in tasks if not task.cancelled() and (error := task.exception())]
        raise failures[0] if failures else Unavailable(self._prefix, "the stream was cancelled")

    async def _take_snapshot(self) -> None:
        asked_at = self._clock.monotonic()
        snapshot = await self._store.range(self._prefix, exact=self._exact, also=self._also)
        self._vouching.looked(asked_at)
        known, view = self._first_snapshot.is_set(), self._view
        same = view.belongs_to(snapshot, view.seen) and not self._data_replaced
        replaced = known and not (same and await self._remembers(snapshot))
        await self._buffer.room()
        changes = self._view.replace(snapshot)
        self._snapshot_needed = self._data_replaced = False
        self._doubts = 0
        self._snapshots += 1
        self._confirm(asked_at)
        self._tell(RESYNC if known else SNAPSHOT, changes, replaced=replaced)
        self._first_snapshot.set()

    async def _remembers(self, shown: Range) -> bool:
        """Whether the store knows that there was what ``shown`` lacks; one that was wiped and written to does not."""
        gone = self._view.lacking(shown)
        try:
            was = gone and await self._store.get(gone.key, revision=gone.mod_revision)
        except Compacted:
            return True
        return gone is None or (was is not None and (was.mod_revision, was.value) == (gone.mod_revision, gone.value))

    async def _follow(self) -> None:
        self._streams += 1
        (_, start), *also = self._view.starts()
        changes = self._store.changes(self._prefix, start, exact=self._exact, also=also, at_once=self._take_at_once)
        async with aclosing(changes) as stream:
            async for batch in stream:
                # Nothing is applied before there is room: what is cut off here is read again by the next stream.
                await self._buffer.room()
                self._take(batch)
        raise Unavailable(self._prefix, "the stream ended")

    def _take_at_once(self, changes: list[Change]) -> bool:
        if waited_for := self._buffer.waited_for:
            self._take(changes)
        return waited_for

    def _take(self, changes: list[Change]) -> None:
        news = self._view.apply(changes)
        self._connected = True
        # What can wait comes after what is called by this.
        if news:
            self._tell(CHANGES, news)
        self._backoff.reset()

    def _tell(self, cause: Cause, changes: list[Change], *, replaced: bool = False) -> None:
        self._changes += len(changes)
        self._buffer.put(WatchBatch(cause, tuple(changes), self._view.revision, replaced))
        if changes:
            self._last_change_time = self._clock.time_ns()

    async def _check_often(self, *, at_once: bool) -> None:
        patience = Backoff(maximum=self._check_period)
        if not at_once:
            await self._clock.sleep(self._pause())
        while True:
            try:
                await self._check(resumed=at_once)
            except (_StreamSilent, _DataReplaced):
                raise
            except CorvoError as error:
                # The stream may well be alive: let it be, and ask again soon.
                self._complain(error)
                await self._clock.sleep(patience.next())
            else:
                patience.reset()
                if not at_once:
                    self._backoff.reset()
                at_once = False
                await self._clock.sleep(self._pause())

    def _pause(self) -> float:
        # A thousand agents that started together do not ask together for long.
        return self._check_period * random.uniform(0.7, 0.95)

    async def _check(self, *, resumed: bool) -> None:
        """Compare what the store holds with what the stream has told; ``resumed``: it was opened just now."""
        asked_at = self._clock.monotonic()
        view = self._view
        if not resumed and self._is_vouched_for():
            return
        if not resumed and not self._exact and not self._also and len(view.items) > _FEW:
            proved = await self._count()
        else:
            # Taken before asking: while the answer is under way the stream may go ahead of it.
            seen = view.seen
            # Data can be replaced only while nothing is connected: after that the values are compared, too.
            shown = await self._store.range(self._prefix, exact=self._exact, keys_only=not resumed, also=self._also)
            same = view.belongs_to(shown, seen) and (not resumed or await self._remembers(shown))
            self._refuse_others(shown, same)
            grace = self._check_interval if resumed else self._grace
            proved = await self._catch_up(shown, lambda: view.reaches(shown), grace)
            if proved:
                view.proved(shown.revision)
        self._vouching.looked(asked_at)
        if proved:
            self._doubts = 0
            self._confirm(asked_at)

    def _is_vouched_for(self) -> bool:
        """Whether a renewal of a lease tells as much of the stream as is needed now, so that nothing has to be read."""
        view, since = self._view, self._seen_before
        # What the store has named by now, it had named before whatever comes after the next pause.
        self._seen_before = view.seen
        proof = self._vouching.spares(
            view.complete, view.cluster, since=since, within=self._check_interval, streams=True
        )
        if proof is None:
            return False
        if proof.revision <= view.complete:
            self._confirm(proof.at)
        else:
            self._hear()
        return True

    async def _count(self) -> bool:
        """Compare many keys by the revision, by how many they are, and by those that were written since the last time.

        False when it is too early to look for these again, or our consumer holds up the stream.
        """
        view, seen = self._view, self._view.seen
        # Of one key that need not exist: what is wanted is the revision.
        moment = await self._store.count(self._prefix, exact=True)
        self._refuse_others(moment, view.follows(moment, seen))
        if moment.revision <= view.complete:
            return True
        seen = view.seen
        count = await self._store.count(self._prefix)
        self._refuse_others(count, view.follows(count, seen))
        if not await self._catch_up(count, lambda: view.reaches_count(count), self._grace):
            return False
        if count.revision <= view.complete:
            return True
        now = self._clock.monotonic()
        if now < self._look_again:
            self._hear()
            return False
        self._look_again = now + min(_LOOK_AT_LEAST, len(view.items) * _LOOK_PER_KEY)
        seen, since = view.seen, view.complete
        newest = await self._store.range(self._prefix, keys_only=True, newer_than=since, limit=_FEW)
        reached: Callable[[Range], bool] = view.reaches_newest
        if len(newest.items) == _FEW:
            # There may be more, and each further page would cost the store as much as this one.
            newest, reached = await self._store.range(self._prefix, keys_only=True), view.reaches
        self._refuse_others(newest, view.belongs_to(newest, seen))
        if not await self._catch_up(newest, lambda: reached(newest), self._grace):
            return False
        # What was deleted between the two answers is not known to be told: it will be, when they are counted again.
        view.proved(count.revision)
        return True

    def _refuse_others(self, shown: Range | Count, same: bool) -> None:
        if not same:
            raise _DataReplaced(self._prefix, f"other data at revision {shown.revision}, it was at {self._view.seen}")

    async def _catch_up(self, shown: Range | Count, told: Callable[[], bool], grace: float) -> bool:
        """Wait until ``told``; False when our consumer holds it up. Raises _StreamSilent after ``grace``."""
        view = self._view
        reached, deadline = view.revision, self._clock.monotonic() + grace
        while not told():
            if self._buffer.full:
                return False
            if reached < view.revision <= shown.revision:
                reached, deadline = view.revision, self._clock.monotonic() + grace
            if self._clock.monotonic() >= deadline:
                raise _StreamSilent(self._prefix, f"the stream did not tell what happened up to {shown.revision}")
            await self._clock.sleep(self._grace / 10)
        view.seen = max(view.seen, shown.revision)
        return True

    def _confirm(self, asked_at: float) -> None:
        self._confirmed_at = asked_at
        self._hear()

    def _hear(self) -> None:
        """The store has answered, and nothing speaks against the stream."""
        if not self._connected and self._last_error:
            _log.info("the watch of %s is back at revision %d", self._prefix, self._view.revision)
        self._connected = True

    def _note(self, error: Exception) -> None:
        """Decide how the next session starts."""
        if isinstance(error, _StreamSilent):
            self._doubts += 1
        # Compacted, or something in the stream that would stop the next one at the same place.
        stuck = not isinstance(error, (Unavailable, DeadlineExceeded, PermissionRefused))
        self._data_replaced = self._data_replaced or isinstance(error, _DataReplaced)
        if stuck or self._data_replaced or self._doubts > 1:
            self._snapshot_needed = True
        self._complain(error)

    def _complain(self, error: Exception) -> None:
        repeated = not self._connected and type(error) is self._last_error_type
        self._connected = False
        self._last_error_type = type(error)
        self._last_error = str(error) or type(error).__name__
        if not isinstance(error, CorvoError):
            # A fault of ours or of a library: the trace has to be seen, and the watch has to go on all the same.
            _log.error("the watch of %s failed", self._prefix, exc_info=error)
        elif not repeated:
            _log.warning("the watch of %s was interrupted and goes on: %s", self._prefix, error)
