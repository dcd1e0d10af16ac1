"""What one reader of a tail sees of it: the lines that match its query, as records, in batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from ..files.cursor import Cursor
from ..files.framing import LINES
from ..files.splitter import Chunk, Lines, Splitter
from ..limits import ReadLimits
from ..lines import marker
from ..lines.marker import Gap
from ..lines.merge import merge
from ..lines.record import Record
from ..search.matcher import Matcher
from ..search.query import LogQuery
from ..search.survey import Survey, Surveyor
from ..worker import Breath
from .catch_up import Placed
from .follower import Position, TailItem

T = TypeVar("T")

_ENOUGH = 512  # lines of a log after which its dialect is settled
_SILENT = 3600.0  # seconds without a word of a log after which what is known of it is found out anew


class BatchBuilder(Generic[T]):
    """Turns what a tail delivers into batches of at most ``batch_lines`` records, each finished by ``finish``.

    Every batch ends with a marker that says where to go on. Of ``several`` logs what is there together is put in the
    order of its times, and each of those that a batch has lines of has a marker of its own. To be called in a thread,
    by one at a time. Raises InvalidArgument when a pattern of the query is not valid RE2.
    """

    def __init__(
        self,
        query: LogQuery,
        limits: ReadLimits,
        finish: Callable[[list[Record]], T],
        *,
        batch_lines: int,
        several: bool = False,
        surveyor: Surveyor | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._heard: dict[str, float] = {}  # of each log when there was something last, the one of longest ago first
        self._surveyor = surveyor or Surveyor()
        self._surveys: dict[str, Survey] = {}
        self._seen: dict[str, int] = {}  # lines that came of each log
        self._unread: dict[str, int] = {}  # lines without a level of each log, as last said
        self._query = query
        self._limits = limits
        self._finish = finish
        self._batch_lines = batch_lines
        self._several = several
        self._placed: list[Placed] = []  # of several logs, what is to be put in order
        self._matchers: dict[str, Matcher] = {}
        self._splitters: dict[str, Splitter] = {}
        self._positions_of: dict[str, Position | None] = {}
        self._batch: list[Record] = []
        self._position: Position | None = None
        # A bad pattern is refused now and not with the first line.
        Matcher(query, "", limits.max_line_bytes)

    @property
    def is_waiting(self) -> bool:
        """Whether lines wait for others that may belong to them."""
        return any(splitter.waiting for splitter in self._splitters.values())

    def look_for(self, query: LogQuery) -> None:
        """From now on this is wanted; whether lines are joined stays as it was."""
        if query != self._query:
            self._query = replace(query, joined=self._query.joined)
            self._matchers.clear()

    def batches(self, items: Iterable[TailItem]) -> list[T]:
        """What is wanted of ``items``."""
        done: list[T] = []
        breath = Breath()
        now = self._monotonic()
        for item in items:
            breath.take()
            self._heard.pop(item.path, None)
            self._heard[item.path] = now
            if item.remark is not None:
                # A remark has its place between lines: those that wait for more to join go out before it.
                done += self._collect(item.path, self._waiting(item.path))
                done += self._remark(item.path, item.remark)
            if item.chunk is None:
                continue
            done += self._look_again(item)
            if item.is_unfinished:
                done += self._unfinished(item.path, item.chunk)
            elif self._matcher(item.path).framing is not LINES:
                done += self._collect(item.path, self._joined(item, item.chunk))
            else:
                done += self._lines(item, item.chunk)
            done += self._say_unread(item.path)
        done += self._forget_silent(now)
        return [*done, *self._end_all()]

    def _forget_silent(self, now: float) -> list[T]:
        """Batches of what waits of them. A reader that stays for years sees ever new logs, named by their dates."""
        done: list[T] = []
        while self._heard and self._heard[path := next(iter(self._heard))] < now - _SILENT:
            done += self._collect(path, self._waiting(path))
            for known in (self._surveys, self._seen, self._unread, self._matchers, self._splitters, self._positions_of):
                known.pop(path, None)
            del self._heard[path]
        return done

    def rest(self) -> list[T]:
        """Nothing came for a while: what waited goes out."""
        done = [batch for path in self._splitters for batch in self._collect(path, self._waiting(path))]
        return [*done, *self._end_all()]

    def ready(self, records: list[Record], position: Position | None) -> list[T]:
        """Batches of records that were found otherwise, the last one ending at ``position``."""
        done = []
        for start in range(0, len(records), self._batch_lines):
            self._batch = records[start : start + self._batch_lines]
            self._position = position if start + self._batch_lines >= len(records) else None
            done += self._end()
        return done

    def placed(self, placed: Sequence[Placed]) -> list[T]:
        """Batches of records of several logs, in this order, each with the places behind its records."""
        done = []
        for start in range(0, len(placed), self._batch_lines):
            part = placed[start : start + self._batch_lines]
            last = {each.path: each.position for each in part if each.position is not None}
            markers = [_position_of(path, position) for path, position in last.items()]
            done.append(self._finish([each.record for each in part] + markers))
        return done

    def up_to(self, records: list[Record], positions: Mapping[str, Position]) -> list[T]:
        """Batches of records of several logs that were found otherwise, the last one ending at ``positions``."""
        markers = [_position_of(path, position) for path, position in positions.items()]
        size = self._batch_lines
        parts = [records[start : start + size] for start in range(0, len(records), size)] or [[]]
        parts[-1] = parts[-1] + markers
        return [self._finish(part) for part in parts if part]

    def _joined(self, item: TailItem, chunk: Chunk) -> Iterator[tuple[Chunk, Position | None]]:
        """Units that are whole now that ``chunk`` has come, and the file that they are in."""
        splitter = self._splitters.get(item.path)
        start = chunk.offset + chunk.start
        if splitter is None or splitter.fed != start or chunk.length:
            # Another file, or lines in between were dropped, or one is too long: nothing joins across that.
            yield from self._waiting(item.path)
            splitter = Splitter(self._matcher(item.path).framing, self._limits.max_line_bytes, start)
        if chunk.length:
            self._splitters.pop(item.path, None)
            yield chunk, item.position
            return
        self._splitters[item.path] = splitter
        self._positions_of[item.path] = item.position
        for whole in splitter.feed(bytes(chunk.data[chunk.start : chunk.end])):
            yield whole, item.position

    def _waiting(self, path: str) -> list[tuple[Chunk, Position | None]]:
        splitter = self._splitters.get(path)
        chunks = [] if splitter is None else splitter.pause()
        return [(chunk, self._positions_of.get(path)) for chunk in chunks]

    def _collect(self, path: str, units: Iterable[tuple[Chunk, Position | None]]) -> Iterator[T]:
        """Add what matches to the batch; the batches that are full."""
        matcher = self._matcher(path)
        for chunk, position in units:
            yield from self._pick(path, matcher, chunk, position)

    def _lines(self, item: TailItem, chunk: Chunk) -> Iterator[T]:
        """The same for lines that are not joined: all at once if all are wanted."""
        matcher = self._matcher(item.path)
        # Parsing a block in one call is a fifth faster, but it can be taken whole only.
        is_small = item.count <= self._batch_lines and not self._several
        block = matcher.block(chunk, item.count) if is_small else None
        if block is None:
            yield from self._pick(item.path, matcher, chunk, item.position)
            return
        if len(self._batch) + len(block) > self._batch_lines:
            yield from self._end()
        self._batch += block
        # The place behind the whole block: a batch is never cut inside it.
        self._position = item.position
        yield from self._end_full()

    def _pick(self, path: str, matcher: Matcher, chunk: Chunk, position: Position | None) -> Iterator[T]:
        """Add what matches of ``chunk``, line by line."""
        lines = matcher.select(chunk)
        if self._several:
            for count, record in enumerate(matcher.records(lines), 1):
                self._placed.append(Placed(path, record, _behind(lines, count, chunk, position)))
            return
        first = 0
        while first < len(lines):
            part = lines.part(first, min(len(lines), first + self._batch_lines - len(self._batch)))
            first += len(part)
            self._batch += matcher.records(part)
            self._position = _behind(lines, first, chunk, position)
            yield from self._end_full()

    def _remark(self, path: str, record: Record) -> list[T]:
        """Add a record that has no place of its own."""
        if self._several:
            self._placed.append(Placed(path, record, None))
            return []
        self._batch.append(record)
        return self._end_full()

    def _end_all(self) -> list[T]:
        """Everything that was added, in batches."""
        if not self._several:
            return self._end()
        logs: dict[str, list[Placed]] = {}
        for each in self._placed:
            logs.setdefault(each.path, []).append(each)
        self._placed = []
        streams = {path: iter(placed) for path, placed in logs.items()}
        order = merge({path: [each.record for each in placed] for path, placed in logs.items()})
        return self.placed([next(streams[path]) for path, _ in order])

    def _end_full(self) -> list[T]:
        return self._end() if len(self._batch) >= self._batch_lines else []

    def _end(self) -> list[T]:
        batch, self._batch = self._batch, []
        position, self._position = self._position, None
        if not batch:
            return []
        if position is not None:
            batch.append(marker.position(Cursor(position.mark, position.offset, forward=True).encode()))
        return [self._finish(batch)]

    def _matcher(self, path: str) -> Matcher:
        found = self._matchers.get(path)
        if found is None:
            survey = self._surveys.get(path)
            if survey is None:
                survey = self._surveys[path] = self._surveyor.survey_path(path)
            found = self._matchers[path] = Matcher(self._query, path, self._limits.max_line_bytes, survey)
        return found

    def _look_again(self, item: TailItem) -> list[T]:
        """Find out again what a log is written in, as long as only few of its lines were seen."""
        before = self._seen.get(item.path, 0)
        seen = self._seen[item.path] = before + item.count
        if item.path not in self._surveys or before >= _ENOUGH or before.bit_length() == seen.bit_length():
            return []
        survey = self._surveyor.survey_path(item.path)
        if survey.dialect == self._surveys[item.path].dialect:
            return []
        # What waits was split as the lines before.
        done = list(self._collect(item.path, self._waiting(item.path)))
        self._splitters.pop(item.path, None)
        self._surveys[item.path] = survey
        self._matchers.pop(item.path, None)
        return done

    def _unfinished(self, path: str, chunk: Chunk) -> list[T]:
        """Add the beginning of a line that has no end yet: it will come once more."""
        matcher = self._matcher(path)
        done: list[T] = []
        for record in matcher.records(matcher.select(chunk)):
            done += self._remark(path, {**record, marker.UNFINISHED: "yes"})
        return done

    def _say_unread(self, path: str) -> list[T]:
        """Say that lines are left out whose level cannot be read: of the first one, and then ever more seldom."""
        count = self._matcher(path).left_out.level
        if count < 10 * self._unread.get(path, 0) or count == self._unread.get(path, 0):
            return []
        self._unread[path] = count
        return self._remark(path, marker.left_out(Gap.LEVEL, count, path))


def _position_of(path: str, position: Position) -> Record:
    """The marker that says up to where one of several logs was given out."""
    return marker.position(Cursor(position.mark, position.offset, forward=True).encode(), path)


def _behind(lines: Lines, count: int, chunk: Chunk, position: Position | None) -> Position | None:
    """Where to go on when the first ``count`` of ``lines``, out of ``chunk``, were given out."""
    if position is None:
        return None
    return replace(position, offset=lines.offset(count) if count < len(lines) else chunk.stop)
