"""Several logs searched as one: each on its own, then merged by time."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from ...errors import InvalidArgument, NotFound, PermissionRefused
from ..files.cursor import Cursor
from ..files.log_paths import expand
from ..limits import ReadLimits
from ..lines import marker
from ..lines.marker import Gap, Truncation
from ..lines.merge import merge
from ..lines.record import Record
from .log_search import LogOptions, search_log
from .packing import Packing, Part
from .query import LogQuery, Order
from .result import LogResult

_AT_ONCE = 512  # records merged without a rest


def search_logs(
    patterns: Sequence[str],
    query: LogQuery,
    limits: ReadLimits,
    until: float,
    starts: Mapping[str, Cursor],
    options: LogOptions,
    packing: Packing | None = None,
) -> Generator[None, None, LogResult]:
    """Returns what ``query`` finds in the logs that ``patterns`` name; ``starts`` says where to begin, by path.

    ``until`` is on the monotonic clock. Raises InvalidArgument for a query with a cursor, NotFound when the patterns
    name no file, and what ``search_log`` raises.
    """
    if query.cursor:
        raise InvalidArgument("cursor", query.cursor, "several logs have no common place to go on from")
    # What has come after the places were taken is of no concern: whoever has them follows it from its beginning.
    paths = [path for path in expand(patterns) if not starts or path in starts]
    if not paths:
        raise NotFound("log file", " ".join(patterns))
    wanted, bounds = part_query(query), part_limits(limits, len(paths))
    options = replace(options, others=frozenset(paths))
    results = {}
    refused: dict[str, PermissionRefused] = {}
    for path in paths:
        try:
            steps = search_log(path, wanted, bounds, until, starts.get(path), options=options, packing=packing)
            results[path] = yield from steps
        except PermissionRefused as error:
            # What someone put among the logs does not hide the others.
            refused[path] = error
    if not results:
        raise next(iter(refused.values()))
    found = yield from merge_results(results, query, packing)
    remarks = [marker.gap(Gap.UNREADABLE, path, str(error)) for path, error in refused.items()]
    return replace(found, remarks=[*found.remarks, *remarks])


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
    # All of them together stay within what one query may take.
    share = max(count, 1)
    return replace(limits, max_answer_bytes=limits.max_answer_bytes // share, answer_rate=limits.answer_rate / share)


def merge_results(
    results: Mapping[str, LogResult], query: LogQuery, packing: Packing | None = None
) -> Generator[None, None, LogResult]:
    """Returns one answer to ``query`` in the order of time. It has no cursor: several logs have no common place."""
    total = sum(result.count for result in results.values())
    offset = query.offset or 0
    if query.offset is not None and query.order is Order.ASCENDING:
        first, stop = offset, offset + query.lines
    else:
        first, stop = max(total - offset - query.lines, 0), max(total - offset, 0)
    logs: dict[str, Iterable[Record]] = {
        path: result.records if packing is None else packing.unpack(result.packed) for path, result in results.items()
    }
    merged = islice((record for _, record in merge(logs)), first, stop)
    records: list[Record] = []
    packed: list[Part] = []
    while some := list(islice(merged, _AT_ONCE)):
        # Not before: merging needs the time, which may not be among them.
        if columns := query.shown_columns:
            some = [{name: record[name] for name in columns if name in record} for record in some]
        if packing is None:
            records += some
        else:
            packed.append(packing.pack(some[::-1] if query.order is Order.DESCENDING else some))
        yield
    if query.order is Order.DESCENDING:
        records.reverse()
        packed.reverse()
    if packing is not None:
        # What was read of the logs beyond what is wanted is let go of.
        packing.hold(sum(len(part.data) for part in packed) - packing.held)
    truncated = next((result.truncated for result in results.values() if result.truncated is not None), None)
    if query.complete and truncated is None and total > offset + query.lines:
        truncated = Truncation.LINES
    remarks = [remark for result in results.values() for remark in result.remarks]
    return LogResult(records, truncated, "", remarks, packed=packed)
