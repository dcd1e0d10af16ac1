"""Records of several logs as one sequence in the order of their times."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import TypeVar

from .line_time import OrderClock

# A record as its caller types it: merging only reads its fields.
R = TypeVar("R", bound=Mapping[str, str])


def merge(logs: Mapping[str, Iterable[R]]) -> Iterator[tuple[str, R]]:
    """(name, record) of all ``logs``, which are records by the name of their log, in the order of their times.

    Each log keeps its order, whatever its times say (see ``OrderClock``). Among equal times the log that stands first
    in ``logs`` comes first. Holds one record of each log at a time.
    """
    streams = (_placed(name, records) for name, records in logs.items())
    for _, name, record in heapq.merge(*streams, key=itemgetter(0)):
        yield name, record


def _placed(name: str, records: Iterable[R]) -> Iterator[tuple[int, str, R]]:
    clock = OrderClock()
    for record in records:
        yield clock.place(record), name, record
