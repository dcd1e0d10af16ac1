"""Runs a query over the history of one log: newest first until there is enough, or oldest first.

Generators throughout: each ``yield`` is a place where the thread may be given to another query.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

from ...errors import DecodeError, NotFound, Unavailable, Unsupported
from ..files.cursor import FILE_END, Cursor, FileMark
from ..files.history import LogHistory, head_of
from ..files.log_file import FileChanged, LogFile
from ..files.packed_index import PackedIndexes
from ..files.rotation_order import Rotated
from ..limits import ReadLimits
from ..lines import marker
from ..lines.marker import Gap, Truncation
from ..lines.record import Record
from .bisection import TimedLines
from .collector import MatchCollector
from .context import ContextSelector, context_query
from .counter import MatchCounter
from .file_search import FileSearch, Found, Stop
from .matcher import LeftOut, Matcher
from .packing import Packing
from .query import LogQuery
from .result import LogResult
from .survey import Surveyor

#: What can be wrong with one older file without being in the way of the others.
_UNREADABLE = (DecodeError, Unsupported, Unavailable)

# A file that is truncated or rewritten under each of so many searches is not going to be read.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class LogOptions:
    """Which files belong to a log: those in the folders ``allowed`` (none: any), older ones too if ``rotated``.

    ``surveyor`` finds out what they are written in; ``others`` are paths of logs that are read besides,
    ``indexes`` remember places in compressed files.
    """

    allowed: tuple[str, ...] = ()
    rotated: bool = True
    surveyor: Surveyor = field(default_factory=Surveyor)
    others: frozenset[str] = frozenset()
    indexes: PackedIndexes = field(default_factory=PackedIndexes)


def search_log(
    path: str,
    query: LogQuery,
    limits: ReadLimits,
    until: float,
    start: Cursor | None = None,
    bound: Cursor | None = None,
    *,
    options: LogOptions,
    packing: Packing | None = None,
    placed: bool = False,
) -> Generator[None, None, LogResult]:
    """Returns what ``query`` finds in the log ``path``, in the order that it asks for; see ``LogSearch``.

    Searches again when the file changes meanwhile. Raises Unavailable when it does so each time, NotFound for a file
    that is not there or a cursor whose file is gone, and what ``open_log`` raises.
    """
    held = 0 if packing is None else packing.held
    for _ in range(_ATTEMPTS):
        try:
            with LogHistory(
                path, options.allowed, rotated=options.rotated, clock=options.surveyor, others=options.others
            ) as history:
                search = LogSearch(
                    history, query, limits, until, start, bound, options.surveyor, packing, placed, options.indexes
                )
                return (yield from search.run())
        except FileChanged:
            if packing is not None:
                packing.hold(held - packing.held)
            yield
    raise Unavailable(path, "it changed each time that it was read")


class LogSearch:
    """One run of ``query`` over ``history``, to be ended by ``until`` on the monotonic clock.

    ``cursor`` is where to start, None for the end (or, oldest first, the beginning) of the log; ``bound`` is where a
    search towards newer lines ends, None for the end of the log. ``placed``: such a search says where each record ends.
    """

    def __init__(
        self,
        history: LogHistory,
        query: LogQuery,
        limits: ReadLimits,
        until: float,
        cursor: Cursor | None,
        bound: Cursor | None = None,
        surveyor: Surveyor | None = None,
        packing: Packing | None = None,
        placed: bool = False,
        indexes: PackedIndexes | None = None,
    ) -> None:
        self._places: list[Cursor] | None = [] if placed else None
        self._surveyor = surveyor or Surveyor()
        self._indexes = indexes or PackedIndexes()
        self._left_out = LeftOut()
        self._doubt = ""
        self._history = history
        self._query = query
        self._limits = limits
        self._until = until
        self._cursor = cursor
        self._bound = bound
        self._window = query.window
        self._slack = round(limits.slack * 1e9)
        self._forward = query.oldest_first if cursor is None else cursor.forward
        skip = (query.offset or 0) if cursor is None else cursor.skip
        self._found: Found
        if query.counts:
            self._found = MatchCounter(query, limits, forward=self._forward, packing=packing)
        else:
            forward = self._forward
            self._found = MatchCollector(query, limits, forward=forward, skip=skip, packing=packing, placed=placed)
        self._truncated: Truncation | None = None
        self._next = ""

    def run(self) -> Generator[None, None, LogResult]:
        """Returns what was found.

        Raises FileChanged when it has to be run again, NotFound when the file of the cursor is gone.
        """
        if self._found.wanted:
            yield from self._run_forward() if self._forward else self._run_backward()
        if self._query.complete and self._next and self._truncated is None:
            self._truncated = Truncation.LINES
        remarks = [*self._history.remarks, *self._unread()]
        return LogResult(
            self._found.records(), self._truncated, self._next, remarks, self._places or [], self._found.packed()
        )

    def _unread(self) -> Iterator[Record]:
        """What there is to say of lines that could not be read."""
        left, path = self._left_out, self._history.path
        if left.level:
            yield marker.left_out(Gap.LEVEL, left.level, path)
        if left.time:
            yield marker.left_out(Gap.TIME, left.time, path, all_of_them=not left.timed)
        if self._doubt:
            yield marker.gap(Gap.ZONE, path, self._doubt)

    def _run_backward(self) -> Generator[None, None, None]:
        end = FILE_END
        files = self._history.newest()
        if self._cursor is not None:
            # The cursor may be in any of them: a file is renamed by rotation between two pages.
            files += self._history.older()
            files = files[(yield from self._locate(files, self._cursor)) :]
            end = self._cursor.offset
        if files and (yield from self._older_in(files[0], end)):
            return
        # Only now: most searches end before they need to know the older files.
        for file in files[1:] if self._cursor is not None else self._history.older():
            if (yield from self._older_in(file, FILE_END)):
                return
            yield

    def _run_forward(self) -> Generator[None, None, None]:
        start, last = 0, FILE_END
        files = self._history.newest() + self._history.older()
        if self._cursor is not None:
            files = files[: (yield from self._locate(files, self._cursor)) + 1]
            start = self._cursor.offset
        # A window lets whole files be skipped by their first line; without one all of them are searched.
        elif self._window:
            files = yield from self._without_those_before(files)
        if self._bound is not None:
            files = files[(yield from self._locate(files, self._bound)) :]
            last = self._bound.offset
        # Files come with the newest first, this search goes on towards newer lines.
        for file in reversed(files):
            if (yield from self._newer_in(file, start, last if file is files[0] else FILE_END)):
                return
            start = 0
            yield

    def _older_in(self, file: Rotated, end: int) -> Generator[None, None, bool]:
        """LogSearch one file backwards; returns whether the search is over."""
        first = yield from self._search_in(file, lambda search: search.older(end))
        return self._is_over() or (self._is_before(first) and self._is_old(self._next_older(file)))

    def _newer_in(self, file: Rotated, start: int, end: int) -> Generator[None, None, bool]:
        """LogSearch one file forwards; returns whether the search is over."""
        first = yield from self._search_in(file, lambda search: search.newer(start, end))
        return self._is_over() or (self._history.is_sure and self._is_behind(first))

    def _search_in(
        self, file: Rotated, run: Callable[[FileSearch], Generator[None, None, Stop | None]]
    ) -> Generator[None, None, TimedLines | None]:
        """LogSearch one file by ``run``; returns its first lines with a time, if the query asks for times."""
        first = None
        log = self._history.open(file)
        if log is not None:
            with log:
                try:
                    matcher = self._matcher(log)
                    search = self._file_search(log, matcher)
                    first = search.first_times() if self._window else None
                    if not self._is_behind(first):
                        self._stop((yield from run(search)), log)
                        self._place(log)
                    self._count(matcher.left_out)
                except _UNREADABLE as error:
                    # One older file that cannot be read must not hide the others: the answer says so instead.
                    self._history.remark(file.path, error)
        return first

    def _without_those_before(self, files: list[Rotated]) -> Generator[None, None, list[Rotated]]:
        """Returns ``files``, the newest first, without those that end before the window starts."""
        for index, file in enumerate(files):
            log = self._history.open(file)
            if log is not None:
                with log:
                    try:
                        first = self._file_search(log, self._matcher(log)).first_times()
                        if self._is_before(first) and self._is_old(self._next_older(file)):
                            return files[: index + 1]
                    except _UNREADABLE:  # said when it is to be searched
                        continue
            yield
        return files

    def _locate(self, files: list[Rotated], cursor: Cursor) -> Generator[None, None, int]:
        """Returns which of ``files`` the cursor points into. Raises NotFound."""
        fitting = []
        for index, file in enumerate(files):
            log = self._history.open(file)
            if log is not None:
                with log:
                    try:
                        fits = cursor.mark.fits(head_of(log))
                    except _UNREADABLE:
                        continue
                if fits and cursor.mark.inode == file.key[1]:
                    return index
                if fits:
                    fitting.append(index)
            yield
        # copytruncate and compression change the inode: then a beginning that no other file shares has to do.
        if len(fitting) == 1 and cursor.mark.tells:
            return fitting[0]
        raise NotFound("log position", cursor.encode(), "the file that it is in is gone")

    def _matcher(self, log: LogFile) -> Matcher:
        survey = self._surveyor.survey(log)
        if self._window and log.path == self._history.path:
            self._doubt = survey.doubt
        return Matcher(self._query, log.path, self._limits.max_line_bytes, survey)

    def _file_search(self, log: LogFile, matcher: Matcher) -> FileSearch:
        context = None
        if self._query.context and not matcher.takes_all:
            survey, longest = self._surveyor.survey(log), self._limits.max_line_bytes
            everything = Matcher(context_query(self._query), log.path, longest, survey)
            context = ContextSelector(matcher, everything, self._query.context)
        return FileSearch(
            log,
            matcher,
            self._found,
            self._limits,
            self._window,
            self._until,
            is_over=log.path != self._history.path,
            index=self._indexes.of(log),
            context=context,
        )

    def _count(self, left_out: LeftOut) -> None:
        self._left_out.level += left_out.level
        self._left_out.time += left_out.time
        self._left_out.timed += left_out.timed

    def _stop(self, stop: Stop | None, log: LogFile) -> None:
        if stop is not None:
            mark = FileMark.of(head_of(log), log.key[1])
            self._truncated = stop.why
            self._next = Cursor(mark, stop.offset, self._forward, self._found.skip).encode()

    def _place(self, log: LogFile) -> None:
        """Say where the records that were found last end."""
        if self._places is not None:
            mark, last = FileMark.of(head_of(log), log.key[1]), FILE_END if log.is_packed else log.size
            # The newline behind the last line may be missing.
            ends = (min(end, last) for end in self._found.take_ends())
            self._places += [Cursor(mark, end, forward=True) for end in ends]

    def _is_over(self) -> bool:
        return self._next != ""

    def _is_before(self, lines: TimedLines | None) -> bool:
        """Whether the window starts behind these lines, so that nothing older than their file is in it.

        One line alone may be an odd one, and decides nothing.
        """
        since = self._window.since
        return lines is not None and since is not None and len(lines.times) > 1 and lines.latest < since - self._slack

    def _is_behind(self, lines: TimedLines | None) -> bool:
        """Whether the window ends before these lines, so that nothing from their file on is in it."""
        until = self._window.until
        return (
            lines is not None and until is not None and len(lines.times) > 1 and lines.earliest >= until + self._slack
        )

    def _next_older(self, file: Rotated) -> Rotated | None:
        """The file before ``file`` in the history."""
        files = self._history.newest() + self._history.older()
        keys = [each.key for each in files]
        place = keys.index(file.key) + 1 if file.key in keys else len(files)
        return files[place] if place < len(files) else None

    def _is_old(self, file: Rotated | None) -> bool:
        """Whether a file was last written before the window starts; the clock may have been put back since."""
        since = self._window.since
        # Nothing follows from the next one where it may not be the next.
        if not self._history.is_sure:
            return False
        return file is None or since is None or file.modified < since - self._slack
