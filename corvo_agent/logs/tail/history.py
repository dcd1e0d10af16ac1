"""The lines of before, which who follows a log gets first: read within a bound of memory, given out in batches."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from typing import Generic, Protocol, TypeVar

from ...errors import NotFound
from ..files.cursor import Cursor
from ..lines import marker
from ..lines.marker import Gap
from ..lines.record import Record
from ..search.packing import Packing
from ..search.query import LogQuery
from ..search.reader import LogReader
from ..search.result import LogResult
from .batch_builder import BatchBuilder
from .catch_up import CatchUp
from .follower import Position

T = TypeVar("T")
M = TypeVar("M")

# Bytes of a page that is read from a cursor on: it is held decoded for a moment, which takes several times as much.
PAGE_BYTES = 1 << 20


class HistoryRoom(Protocol):
    """What bounds the memory of lines that are read and not given out yet."""

    def grow(self, size: int) -> None:
        """Hold ``size`` bytes more, or fewer; called by an attempt, in any thread."""

    async def settle(self) -> None:
        """Go on when there is room for what an attempt holds."""

    async def make(self, attempt: Callable[[], Awaitable[M]]) -> M:
        """What ``attempt`` makes, perhaps made again."""

    def release(self, held: int) -> None:
        """No more than ``held`` bytes are held any more."""


class Unbounded:
    """Room for all there is."""

    def grow(self, size: int) -> None:
        """Nothing to count."""

    async def settle(self) -> None:
        """Nothing to wait for."""

    async def make(self, attempt: Callable[[], Awaitable[M]]) -> M:
        """What ``attempt`` makes."""
        return await attempt()

    def release(self, held: int) -> None:
        """Nothing was counted."""


class History(Generic[T]):
    """Lines of before of one reader of a tail, found by ``reader`` and made into batches by ``builder``.

    They are in ``room`` until they are given out, encoded with what ``packing`` makes; without that as they are.
    """

    def __init__(
        self,
        reader: LogReader,
        builder: BatchBuilder[T],
        batch_lines: int,
        room: HistoryRoom,
        packing: Callable[[], Packing] | None,
    ) -> None:
        self._reader = reader
        self._builder = builder
        self._batch_lines = batch_lines
        self._room = room
        self._new_packing = packing
        self._packing: Packing | None = None
        self._page_limits = replace(reader.limits, max_answer_bytes=min(reader.limits.max_answer_bytes, PAGE_BYTES))

    async def newest(self, query: LogQuery, positions: Mapping[str, Position]) -> LogResult:
        """The newest lines up to ``positions``, to be given to ``batches`` or ``forget``; raises NotFound."""
        starts = {path: Cursor(each.mark, each.offset, forward=False) for path, each in positions.items()}

        async def attempt() -> LogResult:
            self._packing = None if self._new_packing is None else self._new_packing()
            steps = self._reader.steps(query, self._until(), starts=starts, packing=self._packing)
            return await self._reader.worker.drive(steps, self._room.settle)

        return await self._room.make(attempt)

    def forget(self) -> None:
        """What was found is not needed."""
        self._packing = None
        self._room.release(0)

    async def batches(self, result: LogResult, make: Callable[[list[Record], bool], list[T]]) -> AsyncGenerator[T]:
        """Batches of what ``newest`` found: ``make`` makes them, of some records, and hears which are the last ones."""
        packing, call = self._packing, self._reader.worker.call
        found: Iterator[Record] = iter(result.records) if packing is None else packing.unpack(result.packed)
        records = chain(found, result.markers())
        part = await call(self._some, records)
        while True:
            following = await call(self._some, records) if part else []
            made = await call(make, part, not following)
            self._room.release(0 if packing is None else packing.held)
            for batch in made:
                yield batch
            if not following:
                return
            part = following

    async def page(self, query: LogQuery, cursor: Cursor, bound: Cursor | None) -> tuple[list[T], Cursor | None]:
        """A page of what lies between ``cursor`` and ``bound`` (the end), and where the next one starts, if any.

        Raises NotFound where the place of the cursor is gone.
        """

        async def attempt() -> tuple[list[T], Cursor | None]:
            return await self._reader.worker.drive(self._page_steps(query, cursor, bound), self._room.settle)

        try:
            return await self._room.make(attempt)
        finally:
            self._room.release(0)

    async def caught_up(
        self, catch_up: CatchUp, query: LogQuery, bounds: Mapping[str, Position] | None
    ) -> AsyncGenerator[T]:
        """All that ``catch_up`` reads, page by page."""

        async def attempt() -> list[T]:
            steps = catch_up.steps(query, self._until(), bounds, self._page_limits, self._room.grow)
            placed = await self._reader.worker.drive(steps, self._room.settle)
            return await self._reader.worker.call(self._builder.placed, placed)

        while batches := await self._room.make(attempt):
            self._room.release(catch_up.held)
            for batch in batches:
                yield batch
        self._room.release(0)

    def _page_steps(
        self, query: LogQuery, cursor: Cursor, bound: Cursor | None
    ) -> Generator[None, None, tuple[list[T], Cursor | None]]:
        # An answer that ended early points backwards; a tail goes on towards newer lines from there.
        start = replace(cursor, forward=True, skip=0).encode()
        asked = replace(query, lines=self._batch_lines, cursor=start)
        packing = None if self._new_packing is None else self._new_packing()
        steps = self._reader.steps(asked, self._until(), bound=bound, packing=packing, limits=self._page_limits)
        try:
            result = yield from steps
        except NotFound:
            return self._builder.ready([marker.gap(Gap.CURSOR, self._reader.path)], None), None
        after = Cursor.decode(result.cursor) if result.cursor else None
        reached = after or bound
        position = None if reached is None else Position(reached.mark, reached.offset)
        records = result.records if packing is None else list(packing.unpack(result.packed))
        return self._builder.ready([*records, *result.remarks], position), after

    def _some(self, records: Iterator[Record]) -> list[Record]:
        return list(islice(records, self._batch_lines))

    def _until(self) -> float:
        return time.monotonic() + self._reader.limits.max_seconds
