"""Collects what a search finds until there is enough of it, or no more room."""

from __future__ import annotations

from ..files.splitter import Lines
from ..limits import ReadLimits
from ..lines.record import Record, size_of
from .matcher import Matcher
from .packing import Packing, Part
from .query import LogQuery, Order

# Bytes that a record gains over its line, and by how much it may be longer than the line that it comes from: bytes
# that are no UTF-8 take three each, 1e15 becomes 1000000000000000.0.
_EXTRA = 64
_GROWTH = 5
_ENTRY = 12  # bytes that a field, and a record, has at most around it when it is packed
_RAW = 2  # what the line itself adds, in base64 at most


class MatchCollector:
    """The records found so far.

    ``forward`` says whether the search goes towards newer lines; each ``take`` continues where the last one stopped.
    ``placed``: it is kept where each of them ends, for a search towards newer lines. With a ``packing`` they are packed
    as they are taken.
    """

    def __init__(
        self,
        query: LogQuery,
        limits: ReadLimits,
        *,
        forward: bool,
        skip: int,
        packing: Packing | None = None,
        placed: bool = False,
    ) -> None:
        self._ends: list[int] | None = [] if placed else None
        #: How records are kept, None for as they are.
        self.packing = packing
        self._forward = forward
        self._descending = query.order is Order.DESCENDING
        self._limit = limits.max_answer_bytes
        # Packed records are sent as they are, and bounded so: something is left for what is said behind them.
        self._entry = 0 if packing is None else _ENTRY
        if packing is not None:
            self._limit -= self._limit >> 6
        self._rate = limits.answer_rate
        self._growth = _GROWTH + _RAW * query.raw
        self._parts: list[list[Record]] = []
        self._packed: list[Part] = []
        self._estimate = 0
        self._is_full = False
        self._size: int | None = None  # counted exactly once the estimate comes near the limit
        #: How many records are still wanted.
        self.wanted = query.lines
        #: How many matches are still to be skipped.
        self.skip = skip

    @property
    def is_full(self) -> bool:
        """Whether there was no room for everything that was wanted."""
        return self._is_full

    @property
    def seconds(self) -> float:
        """How long it takes to pass on what was found."""
        return self._estimate / self._rate

    def take(self, lines: Lines, matcher: Matcher) -> int:
        """Take what is wanted of ``lines``, of which there is one at least, which match and continue the search.

        Returns the offset in the file to go on from.
        """
        skipped = min(self.skip, len(lines))
        self.skip -= skipped
        if self._forward:
            lines = lines.part(skipped, min(len(lines), skipped + self.wanted))
        else:
            stop = len(lines) - skipped
            lines = lines.part(max(0, stop - self.wanted), stop)
        records = matcher.records(lines)
        fitting = self._fitting(lines, records)
        self.wanted -= fitting
        self._is_full = fitting < len(records)
        first = 0 if self._forward else len(records) - fitting
        if self._ends is not None:
            self._ends += [lines.offset(count) for count in range(1, fitting + 1)]
        self._keep(records[first : first + fitting] if self._is_full else records)
        return lines.offset(fitting if self._forward else first)

    def records(self) -> list[Record]:
        """All of them in the order that the query asks for; none with a packing."""
        parts = self._parts if self._forward != self._descending else reversed(self._parts)
        return [record for part in parts for record in part]

    def take_ends(self) -> list[int]:
        """Where the records end, in their file, that were taken since the last call; for a search that is placed."""
        ends, self._ends = self._ends or [], []
        return ends

    def packed(self) -> list[Part]:
        """The same, packed; none without a packing."""
        return self._packed if self._forward != self._descending else self._packed[::-1]

    def _keep(self, records: list[Record]) -> None:
        if self._descending:
            records.reverse()
        if self.packing is None:
            self._parts.append(records)
        elif records:
            self._packed.append(self.packing.pack(records))

    def _fitting(self, lines: Lines, records: list[Record]) -> int:
        """How many of ``records`` there is room for, in the direction of the search."""
        self._estimate += sum(map(len, lines.data)) + _EXTRA * len(lines)
        if self._estimate * self._growth <= self._limit:
            return len(records)
        if self._size is None:
            self._size = sum(size_of(record) for part in self._parts for record in part)
            self._size += sum(len(part.data) for part in self._packed)
        empty = not self._size
        for count, record in enumerate(records if self._forward else reversed(records)):
            self._size += size_of(record) + self._entry * (len(record) + 1)
            # One record is always returned: an answer without any could never be continued.
            if self._size > self._limit and not (empty and count == 0):
                return count
        return len(records)
