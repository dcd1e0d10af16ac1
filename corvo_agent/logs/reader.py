"""Reading logs: the lines that match a query, without ever holding a file in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from types import TracebackType
from typing import Self, TypeVar

from ..errors import Unavailable
from .cursor import Cursor
from .files import FileChanged
from .history import History
from .limits import DEFAULT_LIMITS, ReadLimits
from .query import EVERYTHING, LogQuery, Order
from .result import LogResult
from .search import Search
from .worker import Worker

T = TypeVar("T")

_ATTEMPTS = 3  # a file that changes under each of so many readings is not going to be read


class LogReader:
    """Reads one log.

    ``path`` is the file; the files that rotation left beside it are read as one history with it unless ``rotated``
    says no. ``allowed`` are the folders that it has to be in (none: any), ``worker`` the threads to read in (its own
    by default, closed by ``aclose``). The file may come, go, rotate or be truncated at any time.

    ::

        async with LogReader("/var/log/pensando/pen-spyglass.log") as reader:
            result = await reader.read(LogQuery(lines=300))
            for record in result.records:
                print(record["ts"], record["msg"])
    """

    def __init__(
        self,
        path: str,
        *,
        limits: ReadLimits = DEFAULT_LIMITS,
        allowed: Sequence[str] = (),
        worker: Worker | None = None,
        rotated: bool = True,
    ) -> None:
        self.path = path
        self.limits = limits
        self._rotated = rotated
        self._allowed = tuple(allowed)
        self._own_worker = Worker() if worker is None else None
        self._worker = worker or self._own_worker or Worker()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the threads; idempotent, does not wait."""
        if self._own_worker is not None:
            self._own_worker.close()

    async def read(self, query: LogQuery = EVERYTHING, *, timeout: float | None = None) -> LogResult:
        """Run ``query``; after ``timeout`` seconds what was found so far, marked as truncated.

        Raises NotFound, PermissionRefused, Unsupported (not a regular file), Unavailable (the system failed, or the
        file changed each time that it was read). May be cancelled at any time.
        """
        return await self.read_with(query, _same, timeout=timeout)

    async def read_with(self, query: LogQuery, finish: Callable[[LogResult], T], *, timeout: float | None = None) -> T:
        """Like ``read``, and ``finish`` turns the result into something else in the same thread, off the loop."""
        seconds = self.limits.max_seconds if timeout is None else min(timeout, self.limits.max_seconds)
        return await self._worker.drive(self._finished(query, finish, time.monotonic() + seconds))

    def _finished(self, query: LogQuery, finish: Callable[[LogResult], T], until: float) -> Generator[None, None, T]:
        return finish((yield from self.steps(query, until)))

    def steps(self, query: LogQuery, until: float) -> Generator[None, None, LogResult]:
        """The same without threads: a generator to be run where files may be read, that rests between blocks.

        Returns the result. ``until`` is a time of the monotonic clock.
        """
        cursor = Cursor.decode(query.cursor) if query.cursor else None
        for _ in range(_ATTEMPTS):
            try:
                with History(self.path, self._allowed, rotated=self._rotated) as history:
                    result = yield from Search(history, query, self.limits, until, cursor).run()
            except FileChanged:
                yield
                continue
            if query.order is Order.DESCENDING:
                result.records.reverse()
            return result
        raise Unavailable(self.path, "it changed each time that it was read")


def _same(result: LogResult) -> LogResult:
    return result
