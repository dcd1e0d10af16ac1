"""What one line of a log says: its record, level and time, and the marker lines that the engine adds itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .line_time import LineClock, OrderClock, Window, time_key
    from .marker import Gap, Truncation, dropped, gap, is_marker, position, truncated
    from .record import build_block, build_records, cut_record, raw_document, read_document, size_of, to_text
    from .severity import Audit, passes, passing_names
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "line_time": ("LineClock", "OrderClock", "Window", "time_key"),
            "marker": ("Gap", "Truncation", "dropped", "gap", "is_marker", "position", "truncated"),
            "record": (
                "build_block",
                "build_records",
                "cut_record",
                "raw_document",
                "read_document",
                "size_of",
                "to_text",
            ),
            "severity": ("Audit", "passes", "passing_names"),
        },
    )

__all__ = (
    "Audit",
    "Gap",
    "LineClock",
    "OrderClock",
    "Truncation",
    "Window",
    "build_block",
    "build_records",
    "cut_record",
    "dropped",
    "gap",
    "is_marker",
    "passes",
    "passing_names",
    "position",
    "raw_document",
    "read_document",
    "size_of",
    "time_key",
    "to_text",
    "truncated",
)
