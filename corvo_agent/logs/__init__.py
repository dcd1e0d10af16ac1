"""Log files and their lines.

What reads and follows files is imported when it is first used: a service that only writes its log does not pay for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .writing.formatter import JsonFormatter
from .writing.json_logging import JsonFileHandler, JsonLogging, configure_json_logging

if TYPE_CHECKING:
    from .limits import ReadLimits, TailLimits
    from .lines.line_time import Window
    from .lines.marker import is_marker
    from .lines.severity import Audit
    from .search.conditions import FieldCondition, Operator
    from .search.parameters import parse_query
    from .search.query import LogQuery, Order
    from .search.reader import LogReader
    from .search.result import LogResult
    from .tail.tailer import LogTailer

_HOMES = {
    "Audit": "lines.severity",
    "FieldCondition": "search.conditions",
    "LogQuery": "search.query",
    "LogReader": "search.reader",
    "LogResult": "search.result",
    "LogTailer": "tail.tailer",
    "Operator": "search.conditions",
    "Order": "search.query",
    "ReadLimits": "limits",
    "TailLimits": "limits",
    "Window": "lines.line_time",
    "is_marker": "lines.marker",
    "parse_query": "search.parameters",
}

__all__ = (
    "Audit",
    "FieldCondition",
    "JsonFileHandler",
    "JsonFormatter",
    "JsonLogging",
    "LogQuery",
    "LogReader",
    "LogResult",
    "LogTailer",
    "Operator",
    "Order",
    "ReadLimits",
    "TailLimits",
    "Window",
    "configure_json_logging",
    "is_marker",
    "parse_query",
)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
