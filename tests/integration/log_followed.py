"""A tail of a log, and what it showed: whether a line was lost, came twice or out of order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from corvo_agent.logs.limits import TailLimits
from corvo_agent.logs.lines.marker import CURSOR, is_marker
from corvo_agent.logs.lines.record import Record
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.tail.tailer import LogTailer


@dataclass
class Seen:
    """What a tail showed: how many lines, how they follow each other, and what was remarked."""

    lines: int = 0
    last: int = -1
    lost: int = 0
    repeated: int = 0
    remarks: list[Record] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set, compare=False)

    def add(self, records: list[Record]) -> None:
        for record in records:
            if is_marker(record):
                if CURSOR not in record:
                    self.remarks.append(record)
                continue
            number = int(record["n"])
            self.lines += 1
            self.numbers.add(number)
            self.lost += max(number - self.last - 1, 0)
            self.repeated += number <= self.last
            self.last = max(self.last, number)


def begin(path: Path) -> None:
    path.write_bytes(b'{"n":"-1"}\n')


def beyond(number: int) -> Callable[[Seen], bool]:
    return lambda seen: seen.last > number


@asynccontextmanager
async def following(path: Path) -> AsyncIterator[tuple[Seen, Callable[[Callable[[Seen], bool]], Awaitable[None]]]]:
    """A tail of ``path`` that has begun: what it saw, and how to wait until it saw enough."""
    begin(path)
    seen = Seen()
    # A reader that is not given the processor for a while is not what these tests are about.
    tail = TailLimits(buffer_bytes=256 << 20)
    async with (
        LogTailer(str(path), tail=tail) as tailer,
        aclosing(tailer.follow_with(LogQuery(lines=1), seen.add)) as batches,
    ):
        await anext(batches)
        seen.lines, seen.repeated = 0, 0

        async def until(condition: Callable[[Seen], bool]) -> None:
            while not condition(seen):
                await asyncio.wait_for(anext(batches), 60)

        yield seen, until
