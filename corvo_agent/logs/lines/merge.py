"""Records of several logs as one sequence in the order of their times."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import TypeVar

from .line_time import OrderClock

# A record as its caller types it: merging only reads its fields.
R = TypeVar("R", bound=Mapping[str, str])


def merge(logs: Mapping[str, Iterable[R]], *, descending: bool = False) -> Iterator[tuple[str, R]]:
    """(name, record) of all ``logs``, which are records by the name of their log, in the order of their times.

    Each log keeps its order, whatever its times say (see ``OrderClock``); ``descending``: all of them have the newest
    record first. Among equal times the log that stands first in ``logs`` comes first. Holds one record of each log at a
    time.
    """
    streams = (_placed(name, records, OrderClock(descending=descending)) for name, records in logs.items())
    for _, name, record in heapq.merge(*streams, key=itemgetter(0)):
        yield name, record


async def merge_pages(
    logs: Mapping[str, AsyncIterator[Iterable[R]]], *, descending: bool = False
) -> AsyncIterator[list[tuple[str, R]]]:
    """The same of logs whose records come in pages: what can be told before another page has to be waited for.

    Holds one page of each log at a time.
    """
    clocks = {name: OrderClock(descending=descending) for name in logs}
    waiting: list[tuple[int, int, str, R]] = []
    records: dict[str, Iterator[tuple[int, str, R]]] = {name: iter(()) for name in logs}
    places = {name: place for place, name in enumerate(logs)}
    wanted = list(logs)
    while wanted or waiting:
        for name in wanted:
            async for page in logs[name]:
                records[name] = _placed(name, page, clocks[name])
                if (first := next(records[name], None)) is not None:
                    heapq.heappush(waiting, (first[0], places[name], name, first[2]))
                    break
        told: list[tuple[str, R]] = []
        wanted = []
        while waiting and not wanted:
            _, place, name, record = heapq.heappop(waiting)
            told.append((name, record))
            following = next(records[name], None)
            if following is None:
                wanted = [name]
            else:
                heapq.heappush(waiting, (following[0], place, name, following[2]))
        yield told


def _placed(name: str, records: Iterable[R], clock: OrderClock) -> Iterator[tuple[int, str, R]]:
    for record in records:
        yield clock.place(record), name, record
