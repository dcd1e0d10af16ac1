"""What a search found, and whether there may be more."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..lines import marker
from ..lines.marker import Truncation
from ..lines.record import Record


@dataclass(slots=True)
class LogResult:
    """What a query found.

    ``records`` are in the order asked for; ``truncated`` says why there may be fewer than were wanted. ``cursor`` is
    what to send back to go on, "" when the log has no more. ``remarks`` are markers about files that could not be read.
    """

    records: list[Record] = field(default_factory=list, repr=False)
    truncated: Truncation | None = None
    cursor: str = ""
    remarks: list[Record] = field(default_factory=list)

    def answer(self) -> list[Record]:
        """The records, followed by markers: remarks, then why it ends early."""
        if self.truncated is None:
            return [*self.records, *self.remarks] if self.remarks else self.records
        return [*self.records, *self.remarks, marker.truncated(self.truncated, self.cursor)]
