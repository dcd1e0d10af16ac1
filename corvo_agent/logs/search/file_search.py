"""Searches one file of a log in either direction, plain or compressed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

from ...errors import CorvoError, DecodeError
from ..files.blocks import FIRST_BLOCK, LARGEST_BLOCK, backward, forward, last_line_end, line_start
from ..files.cursor import FILE_END
from ..files.log_file import LogFile
from ..files.packed import unpack
from ..files.splitter import Chunk, Lines, Splitter
from ..limits import ReadLimits
from ..lines.line_time import Window
from ..lines.marker import Truncation
from .bisection import TimedLines, first_timed, first_timed_in, narrow
from .collector import MatchCollector
from .matcher import Matcher
from .packing import Packing

_LINE_GUESS = 512  # bytes; only decides how much is read at first
_AT_ONCE = 1000  # lines turned into records without a rest
_LINE_OVERHEAD = 50  # bytes that Python needs for a line besides its content


@dataclass(frozen=True, slots=True)
class Stop:
    """A search ended, early if there is a ``why``, and can go on at ``offset`` of the file that it was in."""

    why: Truncation | None
    offset: int


class FileSearch:
    """What one file adds to ``found``. ``until`` is on the monotonic clock, ``window`` the times that are wanted.

    ``is_over`` says that nothing more is written to the file: its last line is one, with or without a newline. Else a
    line without an end is shown once the file has not grown for a moment.

    Its generators return a Stop when the search ends here, else None. Out of time or not, each of them gets
    somewhere: an answer that stopped where it started could be continued for ever.
    """

    def __init__(
        self,
        log: LogFile,
        matcher: Matcher,
        found: MatchCollector,
        limits: ReadLimits,
        window: Window,
        until: float,
        *,
        is_over: bool = False,
    ) -> None:
        self._log = log
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
        if last is not None and (stop := self._take(self._matcher.select(last))) is not None:
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
                stop = self._take(self._matcher.select(chunk, self._found.wanted + self._found.skip))
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
        with closing(self._chunks(start, end)) as chunks:
            for chunk in chunks:
                if chunk is not None:
                    stop = self._take(self._matcher.select(chunk))
                    position = chunk.stop
                if stop is not None:
                    break
                if position > start and self._expired():
                    stop = Stop(Truncation.DEADLINE, position)
                    break
                yield
        self._log.check()
        return stop

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
            yield from self._unpacked(start, end)
            return
        whole = yield from last_line_end(self._log)
        # The last line may have been given out before it had its end.
        start = line_start(self._log, start, self._limits.max_line_bytes) if start <= whole else start
        last = self._last_line(whole) if start <= whole and end >= self._log.size else None
        first, end = yield from self._narrowed(min(end, whole))
        yield from forward(self._log, max(start, first), end, self._matcher.framing, self._limits.max_line_bytes)
        if last is not None:
            yield last

    def _unpacked(self, start: int, end: int) -> Generator[Chunk | None, None, None]:
        """What lies between two offsets inside a compressed file."""
        splitter = Splitter(self._matcher.framing, self._limits.max_line_bytes, start)
        position = 0
        with closing(unpack(self._log)) as pieces:
            for piece in pieces:
                # Offsets in a compressed file are those of its content; there is no way to skip but to unpack.
                part = piece[max(start - position, 0) : max(end - position, 0)]
                position += len(piece)
                yield from splitter.feed(part)
                if position >= end:
                    break
                yield None
        yield from splitter.pause() if position >= end else splitter.finish()

    def _older_packed(self, end: int) -> Generator[None, None, Stop | None]:
        """A compressed file can only be read forwards: all of it, keeping the last matches."""
        kept = _Newest(self._found.wanted + self._found.skip, self._limits.max_answer_bytes, self._found.packing)
        broken: CorvoError | None = None
        with closing(self._unpacked(0, end)) as chunks:
            try:
                for chunk in chunks:
                    if chunk is not None:
                        kept.add(self._matcher.select(chunk))
                    if self._expired():
                        # What was found is the oldest of this file: it cannot be returned without what is newer.
                        return Stop(Truncation.DEADLINE, end)
                    yield
            except DecodeError as error:
                broken = error
        first = kept.parts[0].offset(0) if kept.parts else 0
        while kept.parts:
            lines = kept.pop()
            for stop in range(len(lines), 0, -_AT_ONCE):
                early = self._take(lines.part(max(0, stop - _AT_ONCE), stop))
                if early is not None:
                    kept.clear()
                    return early
                yield
        if broken is not None:
            raise broken
        return Stop(Truncation.SIZE, first) if kept.lost else None


class _Newest:
    """The last ``wanted`` lines of those added, or fewer when they are larger than ``room`` bytes.

    ``packing`` hears of what they take.
    """

    def __init__(self, wanted: int, room: int, packing: Packing | None) -> None:
        self.parts: deque[Lines] = deque()
        #: Whether lines that were wanted had to go.
        self.lost = False
        self._wanted = wanted
        self._room = room
        self._packing = packing
        self._count = self._size = 0

    def add(self, lines: Lines) -> None:
        """Add the next lines, in file order."""
        if not len(lines):
            return
        self.parts.append(lines)
        self._counted(lines, 1)
        # Whole parts only: a few lines too many cost less than cutting one at each step.
        while self._count - len(self.parts[0]) >= self._wanted:
            self._remove()
        while self._size > self._room and len(self.parts) > 1:
            self._remove()
            self.lost = True

    def pop(self) -> Lines:
        """Take the newest part of them."""
        last = self.parts.pop()
        self._counted(last, -1)
        return last

    def clear(self) -> None:
        """Let go of all."""
        while self.parts:
            self._remove()

    def _remove(self) -> None:
        self._counted(self.parts.popleft(), -1)

    def _counted(self, lines: Lines, sign: int) -> None:
        size = sum(map(len, lines.data))
        self._count += sign * len(lines)
        self._size += sign * size
        if self._packing is not None:
            self._packing.hold(sign * (size + _LINE_OVERHEAD * len(lines)))
