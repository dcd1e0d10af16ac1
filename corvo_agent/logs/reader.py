"""Reading a log file: the newest lines that match, without ever holding the file in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from ..errors import Unavailable
from . import marker
from .blocks import LARGEST_BLOCK, Lines, backward, last_line_end
from .files import FileChanged, LogFile, open_log
from .limits import DEFAULT_LIMITS, ReadLimits
from .marker import Truncation
from .query import EVERYTHING, LogQuery
from .record import Record, build_records, cut_record
from .worker import Worker

T = TypeVar("T")

_ATTEMPTS = 3  # a file that changes under each of so many readings is not going to be read
_LINE_GUESS = 512  # bytes; only decides how much is read at first
_RECORD_EXTRA = 64  # bytes that a record gains over its line: source and @timestamp


@dataclass(slots=True)
class LogResult:
    """What a query found: ``records`` in the order asked for; ``truncated`` says why there may be more."""

    records: list[Record] = field(default_factory=list)
    truncated: Truncation | None = None
    cursor: str = ""

    def answer(self) -> list[Record]:
        """The records, with a marker at the end when the answer is not whole."""
        if self.truncated is None:
            return self.records
        return [*self.records, marker.truncated(self.truncated, self.cursor)]


class LogReader:
    """Reads one log file.

    ``path`` is the file, ``allowed`` the folders that it has to be in (none: any), ``worker`` the threads to read in
    (its own by default, closed by ``aclose``). The file may come, go, rotate or be truncated at any time.

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
    ) -> None:
        self.path = path
        self.limits = limits
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
        return finish((yield from self._run(query, until)))

    def _run(self, query: LogQuery, until: float) -> Generator[None, None, LogResult]:
        for _ in range(_ATTEMPTS):
            try:
                with open_log(self.path, self._allowed) as log:
                    log.remember_head()
                    result = yield from self._newest(log, query, until)
                    log.check()
                    return result
            except FileChanged:
                yield
        raise Unavailable(self.path, "it changed each time that it was read")

    def _newest(self, log: LogFile, query: LogQuery, until: float) -> Generator[None, None, LogResult]:
        parts: list[list[Record]] = []
        result = LogResult()
        wanted, room = query.lines, self.limits.max_answer_bytes
        end = yield from last_line_end(log)
        first = min(wanted * _LINE_GUESS, LARGEST_BLOCK)
        for chunk in backward(log, end, self.limits.max_line_bytes, first=first) if wanted else ():
            if chunk is not None:
                lines = chunk.lines(self.limits.max_line_bytes, wanted)
                fitting = _fitting(lines, room, len(self.path) + _RECORD_EXTRA)
                room -= sum(map(len, fitting.data))
                parts.append(self._records(fitting))
                wanted -= len(fitting)
                if len(fitting) < len(lines):
                    result.truncated = Truncation.SIZE
                    break
                if not wanted:
                    break
            if time.monotonic() >= until:
                result.truncated = Truncation.DEADLINE
                break
            yield
        result.records = [record for part in reversed(parts) for record in part]
        return result

    def _records(self, lines: Lines) -> list[Record]:
        records = build_records(lines.data, self.path)
        for index, length in lines.cut.items():
            records[index] = cut_record(lines.data[index], length, self.path)
        return records


def _same(result: LogResult) -> LogResult:
    return result


def _fitting(lines: Lines, room: int, extra: int) -> Lines:
    """The last of ``lines`` that fit into ``room`` bytes."""
    if sum(map(len, lines.data)) + extra * len(lines) <= room:
        return lines
    count = 0
    for data in reversed(lines.data):
        room -= len(data) + extra
        if room < 0:
            break
        count += 1
    return lines.last(count)
