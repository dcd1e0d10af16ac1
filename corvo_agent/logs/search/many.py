"""Several logs read as one: each on its own, then merged by time."""

from __future__ import annotations

import glob
import heapq
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..files.rotation import rotated_name
from ..limits import ReadLimits
from ..lines.line_time import LineClock
from ..lines.record import Record
from .query import LogQuery, Order
from .result import LogResult


def part_query(query: LogQuery) -> LogQuery:
    """What to ask each log for, so that ``merge_results`` can answer ``query``: enough, in file order, all columns."""
    return replace(
        query,
        lines=query.lines + (query.offset or 0),
        offset=0 if query.oldest_first else None,
        order=Order.ASCENDING,
        columns=(),
    )


def part_limits(limits: ReadLimits, count: int) -> ReadLimits:
    """What each of ``count`` logs may take of ``limits``."""
    share = max(count, 1)
    return replace(limits, max_answer_bytes=limits.max_answer_bytes // share, answer_rate=limits.answer_rate / share)


def merge_results(results: Sequence[LogResult], query: LogQuery) -> LogResult:
    """One answer to ``query`` in the order of time. It has no cursor: several logs have no common place."""
    records = merge_records([result.records for result in results])
    first = query.offset or 0
    if query.order is Order.DESCENDING:
        records = records[::-1][first : first + query.lines]
    elif query.offset is None:
        records = records[-query.lines :] if query.lines else []
    else:
        records = records[first : first + query.lines]
    if query.columns:
        records = [{name: record[name] for name in query.columns if name in record} for record in records]
    truncated = next((result.truncated for result in results if result.truncated is not None), None)
    return LogResult(records, truncated, "", [remark for result in results for remark in result.remarks])


def merge_records(parts: Sequence[Sequence[Record]]) -> list[Record]:
    """Records of several logs in the order of time; one without a time stays behind the one before it."""
    return [record for _, record in heapq.merge(*map(_timed, parts), key=lambda item: item[0])]


def _timed(records: Sequence[Record]) -> Iterator[tuple[int, Record]]:
    clock, last = LineClock(), 0
    for record in records:
        # Never backwards, or a late line would let the lines behind it come too early.
        last = max(last, clock.read(record) or last)
        yield last, record


def expand(patterns: Sequence[str]) -> list[str]:
    """The logs that ``patterns`` name, sorted: plain paths as they are, existing files for those with ``*?[``.

    Files that rotation made of another one that is named belong to that one.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        names = sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern]
        found.update(dict.fromkeys(names))
    paths = list(found)
    return [path for path in paths if not any(_is_rotated(path, other) for other in paths)]


def _is_rotated(path: str, log: str) -> bool:
    folder, name = os.path.split(path)
    other_folder, base = os.path.split(log)
    return folder == other_folder and rotated_name(name, base) is not None
