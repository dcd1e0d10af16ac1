"""Reading logs: the lines that match a query, without ever holding a file in memory."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar

from ..files.cursor import Cursor
from ..files.log_folders import without_links
from ..files.log_paths import literal_path
from ..limits import DEFAULT_LIMITS, ReadLimits
from ..worker import Worker
from .log_search import LogOptions, search_log
from .many import search_logs
from .packing import Packing
from .query import EVERYTHING, LogQuery
from .result import LogResult
from .survey import Surveyor

T = TypeVar("T")

#: No places to start from.
NO_STARTS: Mapping[str, Cursor] = {}


class LogReader:
    """Reads logs.

    ``patterns`` are paths of log files, or patterns such as ``/var/log/*.log``; several logs are merged by time. The
    files that rotation left beside a log are read as one history with it unless ``rotated`` says no. ``allowed`` are
    the folders that the files have to be in (none: any), ``worker`` the threads to read in (its own by default,
    closed by ``aclose``), ``surveyor`` what finds out what the lines are written in (by default it takes nothing for
    stated). Files may come, go, rotate or be truncated at any time.

    The newest lines::

        from corvo_agent.logs import LogQuery, LogReader

        async with LogReader("/var/log/pensando/pen-spyglass.log") as reader:
            result = await reader.read(LogQuery(lines=300))
            for record in result.records:
                print(record.get("level"), record.get("msg"))

    All errors, page by page from the newest to the oldest::

        from dataclasses import replace

        from corvo_agent.levels.level import Level
        from corvo_agent.logs import LogQuery, LogReader, ReadLimits

        query, limits = LogQuery(lines=100_000, level=Level.ERROR), ReadLimits(max_answer_bytes=1 << 20)
        async with LogReader("/var/log/pensando/pen-spyglass.log", limits=limits) as reader:
            while True:
                result = await reader.read(query, timeout=5)
                for record in reversed(result.records):
                    print(record.get("msg"))
                for remark in result.remarks:
                    print(remark["source"], remark["msg"])
                if result.truncated is None:
                    break
                query = replace(query, cursor=result.cursor)
    """

    def __init__(
        self,
        *patterns: str,
        limits: ReadLimits = DEFAULT_LIMITS,
        allowed: Sequence[str] = (),
        worker: Worker | None = None,
        rotated: bool = True,
        surveyor: Surveyor | None = None,
    ) -> None:
        self.patterns = patterns
        self.limits = limits
        #: Whether there is one log, so that an answer can have a cursor: several have no common place to go on from.
        literal = literal_path(patterns[0]) if len(patterns) == 1 else None
        self.is_single = literal is not None
        #: The path of that one log, "" where there are several.
        self.path = literal or ""
        #: What finds out what the lines are written in, and remembers it.
        self.surveyor = surveyor or Surveyor()
        self._options = LogOptions(without_links(allowed), rotated, self.surveyor)
        #: The threads that the logs are read in.
        self.worker = worker or Worker()
        self._owns_worker = worker is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the threads, if they are its own; idempotent, does not wait for a search that runs."""
        if self._owns_worker:
            self.worker.close()

    async def read(self, query: LogQuery = EVERYTHING, *, timeout: float | None = None) -> LogResult:
        """Run ``query``; after ``timeout`` seconds what was found so far, marked as truncated.

        Raises InvalidArgument (a pattern or a cursor), NotFound (no such file, or that of the cursor is gone),
        PermissionRefused, Unsupported (not a regular file), Unavailable (the system failed, or the file changed each
        time that it was read). May be cancelled at any time.
        """
        return await self.read_with(query, _same, timeout=timeout)

    async def read_with(
        self,
        query: LogQuery,
        finish: Callable[[LogResult], T],
        *,
        timeout: float | None = None,
        packing: Packing | None = None,
        between: Callable[[], Awaitable[None]] | None = None,
    ) -> T:
        """Like ``read``, and ``finish`` turns the result into something else in the same thread, off the loop.

        With a ``packing`` the result is packed. ``between`` is awaited now and then while the search stands still;
        what it raises ends the search and is raised here.
        """
        # Measured from here, so that the time in which all threads were taken counts as well.
        seconds = self.limits.max_seconds if timeout is None else min(timeout, self.limits.max_seconds)
        steps = self.steps(query, time.monotonic() + seconds, packing=packing)
        return await self.worker.drive(_finished(steps, finish), between)

    def page(
        self,
        path: str,
        query: LogQuery,
        until: float,
        start: Cursor | None,
        bound: Cursor | None,
        others: frozenset[str] = frozenset(),
        limits: ReadLimits | None = None,
    ) -> Generator[None, None, LogResult]:
        """The same of the log ``path`` alone, which is one of them, towards newer lines, with their places.

        ``start`` is where to start: None, with the offset of the query, for the beginning. ``others`` are all the logs.
        ``limits`` are those of this one alone.
        """
        options = replace(self._options, others=others)
        return search_log(path, query, limits or self.limits, until, start, bound, options=options, placed=True)

    def steps(
        self,
        query: LogQuery,
        until: float,
        *,
        starts: Mapping[str, Cursor] = NO_STARTS,
        bound: Cursor | None = None,
        packing: Packing | None = None,
        limits: ReadLimits | None = None,
    ) -> Generator[None, None, LogResult]:
        """The same without threads: a generator to be run where files may be read, that rests between blocks.

        Returns the result. ``until`` is a time of the monotonic clock. ``starts`` are places to start from by path,
        ``bound`` where a search towards newer lines ends, ``limits`` those of this one alone. Raises what ``read``
        raises.
        """
        limits = limits or self.limits
        if not self.is_single:
            # A pattern is expanded anew for each query: logs come and go.
            return search_logs(self.patterns, query, limits, until, starts, self._options, packing)
        path = self.path
        start = Cursor.decode(query.cursor) if query.cursor else starts.get(path)
        return search_log(path, query, limits, until, start, bound, options=self._options, packing=packing)


def _finished(steps: Generator[None, None, LogResult], finish: Callable[[LogResult], T]) -> Generator[None, None, T]:
    return finish((yield from steps))


def _same(result: LogResult) -> LogResult:
    return result
