"""The errors of an answer of the Log query, counted by their kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...timestamps import format_rfc3339
from ..lines.line_time import LineClock
from ..lines.marker import is_marker
from .kind import ErrorKind, kind_of

#: The newest errors of a log that are looked at, the kinds that are told apart, and the remarks that are kept.
MOST_LINES, MOST_KINDS, MOST_REMARKS = 5000, 200, 20


@dataclass(slots=True)
class ErrorGroup:
    """``count`` errors of one kind; ``first`` and ``last`` in nanoseconds since the epoch, None without times.

    ``newest`` is the record of the last one.
    """

    kind: ErrorKind
    newest: Mapping[str, str]
    count: int = 0
    first: int | None = None
    last: int | None = None

    def add(self, record: Mapping[str, str], time: int | None) -> None:
        """Count one more, of ``time``."""
        self.count += 1
        if time is None:
            if self.last is None:
                self.newest = record
            return
        self.first = time if self.first is None else min(time, self.first)
        if self.last is None or time >= self.last:
            self.last, self.newest = time, record

    def as_json(self) -> dict[str, Any]:
        """For programs; times in RFC 3339, None where there is none."""
        return {
            "count": self.count,
            "exception": self.kind.exception,
            "frame": self.kind.frame,
            "message": self.kind.message,
            "first": None if self.first is None else format_rfc3339(self.first),
            "last": None if self.last is None else format_rfc3339(self.last),
            "newest": dict(self.newest),
        }


@dataclass(frozen=True, slots=True)
class FoundErrors:
    """The kinds of errors that an answer has, the most frequent first.

    ``others`` is how many errors are of further kinds than ``MOST_KINDS``. ``remarks`` are what the answer says of
    itself: of lines that it could not judge, of files that it could not read.
    """

    groups: tuple[ErrorGroup, ...]
    others: int
    remarks: tuple[str, ...]

    @property
    def count(self) -> int:
        """All errors."""
        return sum(group.count for group in self.groups) + self.others

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "errors": self.count,
            "groups": [group.as_json() for group in self.groups],
            "others": self.others,
            "remarks": list(self.remarks),
        }


def error_parameters(since: str) -> dict[str, str]:
    """The Log query for what ``group_errors`` counts: errors and what is worse ``since``, a duration or a time."""
    return {"level": "Error", "audit": "no", "since": since, "lines": str(MOST_LINES)}


def group_errors(records: Iterable[Mapping[str, str]]) -> FoundErrors:
    """Count the errors of an answer to ``error_parameters``. Takes about 50 us of a processor for each."""
    groups: dict[ErrorKind, ErrorGroup] = {}
    remarks: dict[str, None] = {}
    clock, others, seen = LineClock(), 0, 0
    for record in records:
        if is_marker(record):
            if len(remarks) < MOST_REMARKS:
                remarks[record.get("msg", "")] = None
            continue
        seen += 1
        kind = kind_of(record)
        group = groups.get(kind)
        if group is None:
            if len(groups) >= MOST_KINDS:
                others += 1
                continue
            group = groups[kind] = ErrorGroup(kind, record)
        group.add(record, clock.read(record))
    if seen >= MOST_LINES:
        remarks[f"only the newest {MOST_LINES} errors were looked at"] = None
    ordered = sorted(groups.values(), key=lambda group: (-group.count, -(group.last or 0)))
    return FoundErrors(tuple(ordered), others, tuple(remarks))
