"""Searches one file of a log in either direction, plain or compressed."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

from ...errors import CorvoError, DecodeError
from ..files.blocks import FIRST_BLOCK, LARGEST_BLOCK, backward, forward, last_line_end, line_start
from ..files.cursor import FILE_END
from ..files.log_file import LogFile
from ..files.packed import unpack
from ..files.packed_index import PackedIndex
from ..files.splitter import Chunk, Lines
from ..limits import ReadLimits
from ..lines.line_time import Window
from ..lines.marker import Truncation
from .bisection import TimedLines, first_timed, first_timed_in, narrow
from .collector import MatchCollector
from .context import ContextSelector
from .counter import MatchCounter
from .matcher import Matcher
from .packed_search import Newest, PackedSearch

_LINE_GUESS = 512  # bytes; only decides how much is read at first
_AT_LEAST = 1 << 20  # bytes of a compressed file that are read whatever time is left
_HELD = 64 << 20  # bytes of a part of a compressed file that may be held
_AT_ONCE = 1000  # lines turned into records without a rest
_LINE_OVERHEAD = 50  # bytes that Python needs for a line besides its content


#: What a search is for: lines, or how many there are.
Found: TypeAlias = MatchCollector | MatchCounter


@dataclass(frozen=True, slots=True)
class Stop:
    """A search ended, early if there is a ``why``, and can go on at ``offset`` of the file that it was in."""

    why: Truncation | None
    offset: int


class FileSearch:
    """What one file adds to ``found``. ``until`` is on the monotonic clock, ``window`` the times that are wanted.

    ``is_over`` says that nothing more is written to the file: its last line is one, with or without a newline. Else a
    line without an end is shown once the file has not grown for a moment. ``index`` are places in a compressed file,
    ``context`` adds lines around those that match.

    Its generators return a Stop when the search ends here, else None. Out of time or not, each of them gets
    somewhere: an answer that stopped where it started could be continued for ever.
    """

    def __init__(
        self,
        log: LogFile,
        matcher: Matcher,
        found: Found,
        limits: ReadLimits,
        window: Window,
        until: float,
        *,
        is_over: bool = False,
        index: PackedIndex | None = None,
        context: ContextSelector | None = None,
    ) -> None:
        self._context = context
        self._log = log
        self._index = index
        self._matcher = matcher
        self._found = found
        self._limits = limits
        self._window = window
        self._slack = round(limits.slack * 1e9)
        self._until = until
        self._rests = is_over or time.time_ns() - log.modified >= limits.rest * 1e9

    def first_times(self) -> TimedLines | None:
        """The first lines with a time near the beginning of the file."""
        framing, read = self._matcher.framing, self._matcher.time
        if not self._log.is_packed:
            return first_timed(self._log, self._log.size, framing, read)
        with closing(unpack(self._log)) as pieces:
            return first_timed_in(next(pieces, b""), framing, read)

    def older(self, end: int = FILE_END) -> Generator[None, None, Stop | None]:
        """LogSearch from ``end`` back to the beginning."""
        if self._log.is_packed:
            return (yield from self._older_packed(end))
        whole = yield from last_line_end(self._log)
        last = self._last_line(whole) if end >= self._log.size else None
        if last is not None and (stop := self._take(self._select(last, backward=True))) is not None:
            return stop
        end = min(end, whole)
        start, position = yield from self._narrowed(end)
        # A search for every line knows how far back it has to go; one with conditions cannot.
        guess = min((self._found.wanted + self._found.skip) * _LINE_GUESS, LARGEST_BLOCK)
        first = guess if self._matcher.takes_all else FIRST_BLOCK
        framing, longest = self._matcher.framing, self._limits.max_line_bytes
        before, stop = position, None
        for chunk in backward(self._log, start, position, framing, longest, first=first):
            if chunk is not None:
                stop = self._take(self._select(chunk, self._found.wanted + self._found.skip, backward=True))
                position = chunk.offset + chunk.start
            if stop is not None:
                break
            # After at least one block, or an answer that was continued again and again would never get on.
            if position < before and self._expired():
                stop = Stop(Truncation.DEADLINE, position)
                break
            yield
        # What was found counts only if the file was the same to the end of the search.
        self._log.check()
        return stop

    def newer(self, start: int = 0, end: int = FILE_END) -> Generator[None, None, Stop | None]:
        """LogSearch from ``start`` to ``end``, or to the end of the file."""
        position, stop = start, None
        if self._log.is_packed and self._window and not (yield from self._packed_search().measure(self._expired)):
            return Stop(Truncation.DEADLINE, start)
        with closing(self._chunks(start, end)) as chunks:
            for chunk in chunks:
                if chunk is not None:
                    stop = self._take(self._select(chunk))
                    position = chunk.stop
                if stop is not None:
                    break
                if position > start and self._expired():
                    stop = Stop(Truncation.DEADLINE, position)
                    break
                yield
        self._log.check()
        return stop

    def _select(self, chunk: Chunk, count: int = -1, *, backward: bool = False) -> Lines:
        if self._context is None:
            return self._matcher.select(chunk, count)
        return self._context.select(chunk, backward=backward)

    def _last_line(self, whole: int) -> Chunk | None:
        """The last line, which starts at ``whole`` and has no newline; None when there is none, or it may go on."""
        length = self._log.size - whole
        if not length or not self._rests:
            return None
        longest = self._limits.max_line_bytes
        data = self._log.read(min(length, longest), whole) + b"\n"
        return Chunk(data, 0, len(data), whole, length if length > longest else 0)

    def _take(self, lines: Lines) -> Stop | None:
        if not len(lines):
            return None
        # The newline behind the last line may be missing.
        offset = self._found.take(lines, self._matcher)
        offset = offset if self._log.is_packed else min(offset, self._log.size)
        if self._found.is_full:
            return Stop(Truncation.SIZE, offset)
        return None if self._found.wanted else Stop(None, offset)

    def _expired(self) -> bool:
        return time.monotonic() + self._found.seconds >= self._until

    def _narrowed(self, end: int) -> Generator[None, None, tuple[int, int]]:
        if not self._window:
            return 0, end
        matcher = self._matcher
        return (yield from narrow(self._log, end, self._window, self._slack, matcher.framing, matcher.time))

    def _chunks(self, start: int, end: int) -> Generator[Chunk | None, None, None]:
        """What lies between ``start`` and ``end``, in the file and in the window."""
        if self._log.is_packed:
            packed = self._packed_search()
            if self._window:
                parts = yield from packed.parts(end, self._window, self._slack)
                start, end = (max(start, parts[-1][0]), parts[0][1]) if parts else (start, start)
            if start < end:
                yield from packed.chunks(start, end)
            return
        whole = yield from last_line_end(self._log)
        # The last line may have been given out before it had its end.
        start = line_start(self._log, start, self._limits.max_line_bytes) if start <= whole else start
        last = self._last_line(whole) if start <= whole and end >= self._log.size else None
        first, end = yield from self._narrowed(min(end, whole))
        yield from forward(self._log, max(start, first), end, self._matcher.framing, self._limits.max_line_bytes)
        if last is not None:
            yield last

    def _older_packed(self, end: int) -> Generator[None, None, Stop | None]:
        """A compressed file can only be read forwards: part by part, keeping the last matches of each."""
        if end == 0:
            return None
        packed = self._packed_search()
        if not (yield from packed.measure(self._expired)):
            return Stop(Truncation.DEADLINE, end)
        # A large file without an index: what is found at first is the oldest, and cannot be returned without the rest.
        may_stop = self._index is None and self._log.size > _AT_LEAST
        broken: CorvoError | None = None
        for start, stop in (yield from packed.parts(end, self._window, self._slack)):
            kept = Newest(self._found.wanted + self._found.skip, self._limits.max_answer_bytes)
            # Lines around those that match reach into the next part: such a part is taken from its end.
            chunks_of_part: list[Chunk] = []
            is_held = self._context is not None and stop - start <= _HELD
            with closing(packed.chunks(start, stop)) as chunks:
                try:
                    for chunk in chunks:
                        if chunk is not None and is_held:
                            chunks_of_part.append(chunk)
                        elif chunk is not None:
                            kept.add(self._select(chunk))
                        if may_stop and self._expired():
                            return Stop(Truncation.DEADLINE, end)
                        yield
                except DecodeError as error:
                    broken = error
            early = yield from self._take_held(chunks_of_part) if is_held else self._take_kept(kept)
            if early is not None:
                return early
            # A part at least, or an answer that was continued again and again would never get on.
            # What is broken is said at the end.
            if broken is None and self._expired():
                return Stop(Truncation.DEADLINE, start)
        if broken is not None:
            raise broken
        return None

    def _take_held(self, chunks: list[Chunk]) -> Generator[None, None, Stop | None]:
        while chunks:
            early = self._take(self._select(chunks.pop(), backward=True))
            if early is not None:
                return early
            yield
        return None

    def _take_kept(self, kept: Newest) -> Generator[None, None, Stop | None]:
        for lines in reversed(kept.parts):
            for stop in range(len(lines), 0, -_AT_ONCE):
                early = self._take(lines.part(max(0, stop - _AT_ONCE), stop))
                if early is not None:
                    return early
                yield
        return Stop(Truncation.SIZE, kept.parts[0].offset(0)) if kept.lost else None

    def _packed_search(self) -> PackedSearch:
        matcher = self._matcher
        return PackedSearch(self._log, self._index, matcher.framing, self._limits.max_line_bytes, matcher.time)
