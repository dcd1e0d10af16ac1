"""What one line of a log says: its record, level and time, and the marker lines that the engine adds itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .line_time import LineClock, OrderClock, Window, time_key
    from .marker import Gap, Truncation, dropped, gap, is_marker, left_out, position, truncated
    from .record import RecordBuilder, raw_document, size_of
    from .severity import Audit, passes
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "line_time": ("LineClock", "OrderClock", "Window", "time_key"),
            "marker": ("Gap", "Truncation", "dropped", "gap", "is_marker", "left_out", "position", "truncated"),
            "record": ("RecordBuilder", "raw_document", "size_of"),
            "severity": ("Audit", "passes"),
        },
    )

__all__ = (
    "Audit",
    "Gap",
    "LineClock",
    "OrderClock",
    "RecordBuilder",
    "Truncation",
    "Window",
    "dropped",
    "gap",
    "is_marker",
    "left_out",
    "passes",
    "position",
    "raw_document",
    "size_of",
    "time_key",
    "truncated",
)
