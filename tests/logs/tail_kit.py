"""Reading a tail in tests: records in the order that they come, without waiting by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from corvo_agent.logs.files.cursor import Cursor
from corvo_agent.logs.limits import TailLimits
from corvo_agent.logs.lines.marker import CURSOR, DROPPED, GAP, is_marker
from corvo_agent.logs.lines.record import Record
from corvo_agent.logs.search.query import EVERYTHING, LogQuery
from corvo_agent.logs.tail.tailer import LogTailer

#: Looks often, so that no test waits for the next look; nothing is late on purpose.
QUICK = TailLimits(poll=0.01, rest=0.05, linger=0.05, join_seconds=0.02, rescan=0.01, patience=0.05)


def line(n: int | str, **fields: str) -> bytes:
    """A log line with the number ``n``."""
    more = "".join(f',"{name}":"{value}"' for name, value in fields.items())
    return f'{{"n":"{n}"{more}}}\n'.encode()


def _name(record: Record) -> str:
    return record.get("n", record.get("msg", ""))


class TailReader:
    """What one reader of a tail has seen."""

    def __init__(self, batches: AsyncGenerator[list[Record]]) -> None:
        self._batches = batches
        self.records: list[Record] = []
        self.batches: list[list[Record]] = []
        self.cursor = ""
        self.places: dict[str, Cursor] = {}

    @property
    def lines(self) -> list[str]:
        """The number, or else the text, of every line."""
        return [_name(record) for record in self.records if not is_marker(record)]

    @property
    def gaps(self) -> list[str]:
        """Why lines may be missing, in the order told."""
        return [record[GAP] for record in self.records if GAP in record]

    @property
    def dropped(self) -> int:
        """How many lines were dropped."""
        return sum(int(record[DROPPED]) for record in self.records if DROPPED in record)

    async def more(self) -> None:
        """Wait for the next batch."""
        batch = await anext(self._batches)
        self.batches.append(batch)
        self.records += [record for record in batch if CURSOR not in record]
        for record in batch:
            if CURSOR in record and "source" in record:
                self.places[record["source"]] = Cursor.decode(record[CURSOR])
            else:
                self.cursor = record.get(CURSOR, self.cursor)

    async def until(self, condition: Callable[[TailReader], bool]) -> TailReader:
        """Read on until ``condition`` holds."""
        async with asyncio.timeout(60):
            while not condition(self):
                await self.more()
        return self

    async def until_line(self, n: int | str) -> list[str]:
        """Read on until the line ``n`` has come; all lines."""
        await self.until(lambda reader: str(n) in map(_name, reader.records[-700:]))
        return self.lines

    async def close(self) -> None:
        """Stop reading."""
        await self._batches.aclose()


@asynccontextmanager
async def tailing(*paths: Path, query: LogQuery = EVERYTHING, tail: TailLimits = QUICK) -> AsyncIterator[TailReader]:
    """A reader of a tail that has begun: the paths that exist must have a line."""
    async with LogTailer(*map(str, paths), tail=tail) as tailer:
        reader = TailReader(tailer.follow(query))
        try:
            yield reader
        finally:
            await reader.close()
