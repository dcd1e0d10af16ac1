"""Following logs: the newest lines first, then those that come, for any number of readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar

from ...errors import InvalidArgument, NotFound
from ...levels.level import Level
from ..files.cursor import Cursor
from ..files.log_folders import without_links
from ..files.places import decode_places
from ..limits import DEFAULT_LIMITS, DEFAULT_TAIL_LIMITS, ReadLimits, TailLimits
from ..lines import marker
from ..lines.marker import Gap
from ..lines.record import Record
from ..search.packing import Packing
from ..search.query import EVERYTHING, LogQuery, Order
from ..search.reader import LogReader
from ..search.result import LogResult
from ..search.survey import Surveyor
from ..worker import Worker
from .batch_builder import BatchBuilder
from .broadcaster import Broadcaster
from .buffer import TailBuffer
from .catch_up import CatchUp
from .follower import LogFollower, Position
from .history import History, HistoryRoom, Unbounded

T = TypeVar("T")

_TAKE = 256 * 1024  # bytes of lines made into batches in one go


class LogTailer:
    """Follows logs through rotation, truncation and absence.

    ``patterns`` are paths, or patterns such as ``/var/log/*.log``; ``allowed`` the folders that the files have to be
    in (none: any); ``worker`` the threads to read in (its own by default). Files are read only while there
    is a reader, once for all readers. A reader that is too slow loses lines and is told how many; others do not notice.

    Ten lines and then those that come, for ever::

        from contextlib import aclosing

        from corvo_agent.levels.level import Level
        from corvo_agent.logs import LogQuery, LogTailer, is_marker

        async with (
            LogTailer("/var/log/pensando/pen-spyglass.log") as tailer,
            aclosing(tailer.follow(LogQuery(lines=10, level=Level.ERROR))) as batches,
        ):
            async for batch in batches:
                for record in batch:
                    if not is_marker(record):
                        print(record.get("msg"))

    Many logs, also those that come later; remarks (gaps, dropped lines) told from lines::

        from contextlib import aclosing

        from corvo_agent.logs import LogTailer, is_marker

        async with LogTailer("/var/log/pensando/*.log") as tailer, aclosing(tailer.follow()) as batches:
            async for batch in batches:
                for record in batch:
                    print("!" if is_marker(record) else record["source"], record.get("msg"))
    """

    def __init__(
        self,
        *patterns: str,
        limits: ReadLimits = DEFAULT_LIMITS,
        tail: TailLimits = DEFAULT_TAIL_LIMITS,
        allowed: Sequence[str] = (),
        worker: Worker | None = None,
        surveyor: Surveyor | None = None,
    ) -> None:
        #: Reads the same logs in the same threads; closed together with this.
        self.reader = LogReader(*patterns, limits=limits, allowed=allowed, worker=worker, surveyor=surveyor)
        self._patterns = patterns
        self._limits = limits
        self._tail = tail
        self._allowed = without_links(allowed)
        self._worker = self.reader.worker
        self._broadcaster = Broadcaster(patterns, self._worker, self._follower, tail)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the threads, if they are its own, once every ``follow`` is closed; idempotent."""
        await self.reader.aclose()

    def follow(self, query: LogQuery = EVERYTHING) -> AsyncGenerator[list[Record]]:
        """The newest ``query.lines`` lines that match, then those that come, in batches, for ever.

        With a cursor, everything that matches behind it instead of the newest lines. Remarks about gaps and dropped
        lines come as markers in their place; each batch of a single log ends with a marker whose cursor goes on
        behind it. Of several logs, which come in the order of their times as far as they are there together, each batch
        ends with such a marker for every log that it has lines of, whose ``source`` is the log: collect the newest
        cursor of each, and ``encode_places`` makes one of them all. Close it with ``contextlib.aclosing``; it may be
        cancelled at any time.

        Raises InvalidArgument for a query that cannot be followed, and what ``LogReader.read`` raises, except that a
        file that is not there is waited for.
        """
        return self.follow_with(query, _same)

    async def follow_with(
        self,
        query: LogQuery,
        finish: Callable[[list[Record]], T],
        *,
        level: Callable[[], Level | None] | None = None,
        room: HistoryRoom | None = None,
        packing: Callable[[], Packing] | None = None,
    ) -> AsyncGenerator[T]:
        """Like ``follow``, each batch turned into something else by ``finish`` in a thread.

        ``level`` is asked for the level again and again, for a query that names none. Lines of before are held in
        ``room`` until they are given out, in the ``packing`` that is made for them; raises what ``room`` raises, too.
        """
        wanted = _checked(query)
        follows_level = level is not None and wanted.level is None

        def current() -> LogQuery:
            return replace(wanted, level=level()) if follows_level and level is not None else wanted

        # In a thread: compiling a pattern may take milliseconds.
        builder = await self._worker.call(self._builder, current(), finish)
        history = History(self.reader, builder, self._tail.batch_lines, room or Unbounded(), packing)
        places = decode_places(wanted.cursor) if wanted.cursor else {}
        follow = self._follow_one if self.reader.is_single else self._follow_several
        async with aclosing(follow(builder, history, current, places)) as followed:
            async for batch in followed:
                yield batch

    async def _follow_one(
        self,
        builder: BatchBuilder[T],
        history: History[T],
        current: Callable[[], LogQuery],
        places: Mapping[str, Cursor],
    ) -> AsyncGenerator[T]:
        """The same of one log."""
        cursor = places.get("") or places.get(self._patterns[0])
        while cursor is not None:
            # Near the end first, or what comes meanwhile would be dropped.
            batches, after = await history.page(current(), cursor, None)
            if after is None:
                break
            for batch in batches:
                yield batch
            cursor = after
        buffer, positions = await self._broadcaster.attach()
        try:
            if places and places.keys().isdisjoint(("", self._patterns[0])):
                for batch in builder.ready([self._lost()], None):
                    yield batch
            if not places and current().lines:
                result = await self._newest(history, current(), positions)
                cursor = self._start_of(result, positions)
                if cursor is not None:
                    # Read once more forwards, so that each batch can say where to go on.
                    result = LogResult(truncated=result.truncated)
                    history.forget()
                only = next(iter(positions.values()), None) if cursor is None else None
                made = history.batches(result, lambda part, is_last: builder.ready(part, only if is_last else None))
                async with aclosing(made) as first:
                    async for batch in first:
                        yield batch
            while cursor is not None:
                batches, cursor = await history.page(current(), cursor, self._bound(positions))
                for batch in batches:
                    yield batch
            async with aclosing(self._live(builder, current, buffer)) as live:
                async for batch in live:
                    yield batch
        finally:
            # Also when the reader was cancelled, or the files would stay open and read for no reader.
            await self._broadcaster.detach(buffer)

    async def _follow_several(
        self,
        builder: BatchBuilder[T],
        history: History[T],
        current: Callable[[], LogQuery],
        places: Mapping[str, Cursor],
    ) -> AsyncGenerator[T]:
        """The same of several logs."""
        known = {path: place for path, place in places.items() if path}
        catch_up = CatchUp(self.reader, known, self._tail.batch_lines)
        # Near the end first, or what comes meanwhile would be dropped.
        if known:
            async with aclosing(history.caught_up(catch_up, current(), None)) as before:
                async for batch in before:
                    yield batch
        buffer, positions = await self._broadcaster.attach()
        try:
            if known:
                catch_up.go_on(positions)
                async with aclosing(history.caught_up(catch_up, current(), positions)) as before:
                    async for batch in before:
                        yield batch
            # Also of those that had no line: what is written to them from here on is to be gone on with.
            result = LogResult()
            if places.keys() == {""}:
                result = LogResult([self._lost()])
            elif not places and current().lines:
                result = await self._newest(history, current(), positions)
            made = history.batches(result, lambda part, is_last: builder.up_to(part, positions if is_last else {}))
            async with aclosing(made) as first:
                async for batch in first:
                    yield batch
            async with aclosing(self._live(builder, current, buffer)) as live:
                async for batch in live:
                    yield batch
        finally:
            await self._broadcaster.detach(buffer)

    async def _newest(self, history: History[T], query: LogQuery, positions: Mapping[str, Position]) -> LogResult:
        """The newest lines up to ``positions``: what who was not there before is told first."""
        if not self.reader.is_single and not positions:
            return LogResult()
        try:
            return await history.newest(query, positions)
        except NotFound:
            return LogResult([self._lost()]) if positions else LogResult()

    def _start_of(self, result: LogResult, positions: Mapping[str, Position]) -> Cursor | None:
        """Where the newest lines of a log start that are more than a batch, if that is known."""
        if positions and result.cursor and result.count > self._tail.batch_lines:
            return Cursor.decode(result.cursor)
        return None

    async def _live(
        self, builder: BatchBuilder[T], current: Callable[[], LogQuery], buffer: TailBuffer
    ) -> AsyncGenerator[T]:
        """What comes, for ever."""
        while True:
            builder.look_for(current())
            for batch in await self._next(builder, buffer):
                yield batch

    async def _next(self, builder: BatchBuilder[T], buffer: TailBuffer) -> list[T]:
        """The next batches that come; may be none."""
        try:
            async with asyncio.timeout(self._tail.join_seconds if builder.is_waiting else None):
                await buffer.wait()
        except TimeoutError:
            return await self._worker.call(builder.rest)
        items = buffer.take(_TAKE)
        self._broadcaster.drained()
        return await self._worker.call(builder.batches, items)

    def _bound(self, positions: Mapping[str, Position]) -> Cursor | None:
        position = positions.get(self.reader.path)
        return None if position is None else Cursor(position.mark, position.offset, forward=False)

    def _lost(self) -> Record:
        return marker.gap(Gap.CURSOR, self._patterns[0])

    def _builder(self, query: LogQuery, finish: Callable[[list[Record]], T]) -> BatchBuilder[T]:
        lines = self._tail.batch_lines
        surveyor, several = self.reader.surveyor, not self.reader.is_single
        return BatchBuilder(query, self._limits, finish, batch_lines=lines, several=several, surveyor=surveyor)

    def _follower(self, path: str, others: Collection[str]) -> LogFollower:
        longest, tail = self._limits.max_line_bytes, self._tail
        return LogFollower(
            path,
            allowed=self._allowed,
            clock=self.reader.surveyor,
            others=others,
            max_line=longest,
            linger=tail.linger,
            pause=tail.pause,
        )


def _checked(query: LogQuery) -> LogQuery:
    """The query, if it can be followed. Raises InvalidArgument."""
    if query.offset is not None:
        raise InvalidArgument("from", str(query.offset), "a log that is followed has no end to count from")
    if query.order is Order.DESCENDING:
        raise InvalidArgument("order", query.order.value, "a log can only be followed forwards")
    if query.context:
        raise InvalidArgument("context", str(query.context), "a log that is followed has nothing behind its last line")
    if query.counts:
        raise InvalidArgument("counts", str(query.counts), "a log that is followed has no end to count to")
    return query


def _same(batch: list[Record]) -> list[Record]:
    return batch
