"""Reading logs: the lines that match a query, without ever holding a file in memory."""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

from ...errors import InvalidArgument, NotFound, Unavailable
from ..files.cursor import Cursor
from ..files.history import History
from ..files.log_file import FileChanged
from ..limits import DEFAULT_LIMITS, ReadLimits
from ..worker import Worker
from .log_search import Search
from .many import expand, merge_results, part_limits, part_query
from .query import EVERYTHING, LogQuery, Order
from .result import LogResult

T = TypeVar("T")

#: No places to start from.
NO_STARTS: Mapping[str, Cursor] = {}

_ATTEMPTS = 3  # a file that changes under each of so many readings is not going to be read


class LogReader:
    """Reads logs.

    ``patterns`` are paths of log files, or patterns such as ``/var/log/*.log``; several logs are merged by time. The
    files that rotation left beside a log are read as one history with it unless ``rotated`` says no. ``allowed`` are
    the folders that the files have to be in (none: any), ``worker`` the threads to read in (its own by default,
    closed by ``aclose``). Files may come, go, rotate or be truncated at any time.

    The newest lines::

        from corvo_agent.logs import LogQuery, LogReader

        async with LogReader("/var/log/pensando/pen-spyglass.log") as reader:
            result = await reader.read(LogQuery(lines=300))
            for record in result.records:
                print(record.get("level"), record.get("msg"))

    All errors, page by page from the newest to the oldest, whatever a page may hold::

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
    ) -> None:
        self.patterns = patterns
        self.limits = limits
        self._rotated = rotated
        self._allowed = tuple(allowed)
        self._worker = worker or Worker()
        self._owns_worker = worker is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the threads; idempotent, does not wait."""
        if self._owns_worker:
            self._worker.close()

    async def read(self, query: LogQuery = EVERYTHING, *, timeout: float | None = None) -> LogResult:
        """Run ``query``; after ``timeout`` seconds what was found so far, marked as truncated.

        Raises InvalidArgument (a pattern or a cursor), NotFound (no such file, or that of the cursor is gone),
        PermissionRefused, Unsupported (not a regular file), Unavailable (the system failed, or the file changed each
        time that it was read). May be cancelled at any time.
        """
        return await self.read_with(query, _same, timeout=timeout)

    async def read_with(self, query: LogQuery, finish: Callable[[LogResult], T], *, timeout: float | None = None) -> T:
        """Like ``read``, and ``finish`` turns the result into something else in the same thread, off the loop."""
        seconds = self.limits.max_seconds if timeout is None else min(timeout, self.limits.max_seconds)
        return await self._worker.drive(self._finished(query, finish, time.monotonic() + seconds))

    def steps(
        self,
        query: LogQuery,
        until: float,
        *,
        starts: Mapping[str, Cursor] = NO_STARTS,
        bound: Cursor | None = None,
    ) -> Generator[None, None, LogResult]:
        """The same without threads: a generator to be run where files may be read, that rests between blocks.

        Returns the result. ``until`` is a time of the monotonic clock. ``starts`` are places to start from by path,
        ``bound`` where a search towards newer lines ends.
        """
        if len(self.patterns) == 1 and not glob.has_magic(self.patterns[0]):
            start = Cursor.decode(query.cursor) if query.cursor else starts.get(self.patterns[0])
            result = yield from self._one(self.patterns[0], query, self.limits, until, start, bound)
            if query.order is Order.DESCENDING:
                result.records.reverse()
            return result
        return (yield from self._many(query, until, starts))

    def _finished(self, query: LogQuery, finish: Callable[[LogResult], T], until: float) -> Generator[None, None, T]:
        return finish((yield from self.steps(query, until)))

    def _one(
        self,
        path: str,
        query: LogQuery,
        limits: ReadLimits,
        until: float,
        start: Cursor | None,
        bound: Cursor | None = None,
    ) -> Generator[None, None, LogResult]:
        for _ in range(_ATTEMPTS):
            try:
                with History(path, self._allowed, rotated=self._rotated) as history:
                    return (yield from Search(history, query, limits, until, start, bound).run())
            except FileChanged:
                yield
        raise Unavailable(path, "it changed each time that it was read")

    def _many(self, query: LogQuery, until: float, starts: Mapping[str, Cursor]) -> Generator[None, None, LogResult]:
        if query.cursor:
            raise InvalidArgument("cursor", query.cursor, "several logs have no common place to go on from")
        paths = expand(self.patterns)
        if not paths:
            raise NotFound("log file", " ".join(self.patterns))
        results = []
        for path in paths:
            part = part_limits(self.limits, len(paths))
            results.append((yield from self._one(path, part_query(query), part, until, starts.get(path))))
        return merge_results(results, query)


def _same(result: LogResult) -> LogResult:
    return result
