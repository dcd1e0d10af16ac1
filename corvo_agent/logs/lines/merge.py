"""Log records of several modules as one sequence in the order of their times."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping

from ...errors import InvalidArgument
from ...timestamps import parse_rfc3339

Record = Mapping[str, str]


def merge(answers: Mapping[str, Iterable[Record]]) -> Iterator[tuple[str, Record]]:
    """(name, record) of all ``answers``, each of which keeps its order.

    A record without a time, such as the second line of a stack, stays behind the one before it.
    """
    for _, name, record in heapq.merge(*(_timed(*answer) for answer in answers.items()), key=lambda item: item[0]):
        yield name, record


def _timed(name: str, records: Iterable[Record]) -> Iterator[tuple[int, str, Record]]:
    now = 0
    for record in records:
        # Never back: the order of the file counts more than a clock that was put back.
        now = max(now, record_time(record))
        yield now, name, record


def record_time(record: Record) -> int:
    """When ``record`` was written, in nanoseconds; 0 when it does not say."""
    try:
        return parse_rfc3339(record.get("ts") or record.get("@timestamp", ""))
    except InvalidArgument:
        return 0
