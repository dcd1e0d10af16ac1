"""What a search found, and whether there may be more."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..files.cursor import Cursor
from ..lines import marker
from ..lines.marker import Truncation
from ..lines.record import Record
from .packing import Part


@dataclass(slots=True)
class LogResult:
    """What a query found.

    ``records`` are in the order asked for; ``truncated`` says why there may be fewer than were wanted. ``cursor`` is
    what to send back to go on, "" when the log has no more. ``remarks`` are markers about files that could not be read.
    ``places`` are behind each of the records, for a search that was asked for them. A search with a ``Packing`` keeps
    its records ``packed``, in the same order, and has no ``records``.
    """

    records: list[Record] = field(default_factory=list, repr=False)
    truncated: Truncation | None = None
    cursor: str = ""
    remarks: list[Record] = field(default_factory=list)
    places: list[Cursor] = field(default_factory=list, repr=False)
    packed: list[Part] = field(default_factory=list, repr=False)

    @property
    def count(self) -> int:
        """How many records there are, packed or not."""
        return len(self.records) + sum(part.count for part in self.packed)

    def answer(self) -> list[Record]:
        """The records, followed by markers: remarks, then why it ends early."""
        markers = self.markers()
        return [*self.records, *markers] if markers else self.records

    def markers(self) -> list[Record]:
        """What stands behind the records: remarks, then why it ends early."""
        early = [] if self.truncated is None else [marker.truncated(self.truncated, self.cursor)]
        return [*self.remarks, *early]
