"""What to look for in a log, as one frozen value. ``parameters`` makes it from the text that a caller sends."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ...levels.level import Level
from ..limits import DEFAULT_LIMITS
from ..lines.line_time import ALWAYS, Window
from ..lines.marker import CONTEXT, RAW, RAW_BYTES
from ..lines.masking import Masker
from ..lines.severity import Audit
from .conditions import FieldCondition


class Order(enum.Enum):
    """How the answer is sorted."""

    #: As in the file: the oldest line first.
    ASCENDING = "asc"
    #: The newest line first.
    DESCENDING = "desc"


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Lines that match all of it, the newest ``lines`` of them.

    Args:
        lines: how many are wanted.
        offset: None for the newest ones; otherwise how many matches to skip first, counted in ``order``: from the
            oldest match on when ascending, from the newest when descending.
        window: the times to look at; lines without a time are in none that has a bound.
        level: this level and those above it; None for every line.
        audit: what becomes of audit lines, which no level hides.
        grep: a regular expression (RE2) to be found in the line as it stands in the file, or as a value of it is shown.
        fixed: a text to be found there likewise.
        fields: conditions on fields.
        order: of the answer.
        columns: the only fields to return; empty for all.
        trace: the id of a trace that lines have to name in a field, under any usual key; "" for every line.
        raw: whether each record also has its line as it is in the file, under ``corvo.raw``.
        context: how many lines before and behind each match are returned with it, as far as they are in its file; they
            count as lines, and say their distance under ``corvo.context``.
        complete: whether an answer that has all the ``lines`` it may have says so, with a cursor, if there may be more.
        joined: lines that are no JSON object belong to the object before them (a traceback, for example): they are
            searched and returned with it, appended to its ``msg``.
        counts: nanoseconds of one step of time; lines are counted by step and severity then, and not returned. 0: not.
        cursor: from an earlier answer, to go on from there; "" to start afresh.
        masker: what hides the secrets in what is returned, so that a condition which holds only for what is hidden does
            not hold; None hides nothing.
    """

    lines: int = DEFAULT_LIMITS.default_lines
    offset: int | None = None
    window: Window = ALWAYS
    level: Level | None = None
    audit: Audit = Audit.WITH
    grep: str | None = None
    fixed: str | None = None
    fields: tuple[FieldCondition, ...] = ()
    order: Order = Order.ASCENDING
    columns: tuple[str, ...] = ()
    trace: str = ""
    raw: bool = False
    context: int = 0
    complete: bool = False
    joined: bool = False
    counts: int = 0
    cursor: str = ""
    masker: Masker | None = None

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The only fields that records have; empty for all."""
        if not self.columns:
            return ()
        return (*self.columns, *((RAW, RAW_BYTES) if self.raw else ()), *((CONTEXT,) if self.context else ()))

    @property
    def oldest_first(self) -> bool:
        """Whether the search starts at the oldest line."""
        return self.offset is not None and self.order is Order.ASCENDING


#: The newest lines, without any condition.
EVERYTHING = LogQuery()
