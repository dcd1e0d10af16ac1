"""Log files and their lines: writing JSON lines, searching them through rotation, and following them live.

A service that only writes takes ``configure_json_logging``, ``JsonFileHandler`` or ``JsonFormatter``; what answers
Debug queries takes ``LogReader`` (a bounded search, newest or oldest first) and ``LogTailer`` (every new line once, in
order, for any number of readers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .files.places import encode_places
    from .limits import ReadLimits, TailLimits
    from .lines.line_time import Window
    from .lines.marker import is_marker
    from .lines.merge import merge
    from .lines.severity import Audit
    from .search.conditions import FieldCondition, Operator
    from .search.parameters import parse_query, uses_patterns
    from .search.query import LogQuery, Order
    from .search.reader import LogReader
    from .search.result import LogResult
    from .tail.tailer import LogTailer
    from .worker import Worker
    from .writing.formatter import JsonFormatter
    from .writing.json_logging import JsonFileHandler, JsonLogging, configure_json_logging
    from .writing.queue_handler import JsonQueueHandler
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "files.places": ("encode_places",),
            "limits": ("ReadLimits", "TailLimits"),
            "lines.line_time": ("Window",),
            "lines.marker": ("is_marker",),
            "lines.merge": ("merge",),
            "lines.severity": ("Audit",),
            "search.conditions": ("FieldCondition", "Operator"),
            "search.parameters": ("parse_query", "uses_patterns"),
            "search.query": ("LogQuery", "Order"),
            "search.reader": ("LogReader",),
            "search.result": ("LogResult",),
            "tail.tailer": ("LogTailer",),
            "worker": ("Worker",),
            "writing.formatter": ("JsonFormatter",),
            "writing.json_logging": ("JsonFileHandler", "JsonLogging", "configure_json_logging"),
            "writing.queue_handler": ("JsonQueueHandler",),
        },
    )

__all__ = (
    "Audit",
    "FieldCondition",
    "JsonFileHandler",
    "JsonFormatter",
    "JsonLogging",
    "JsonQueueHandler",
    "LogQuery",
    "LogReader",
    "LogResult",
    "LogTailer",
    "Operator",
    "Order",
    "ReadLimits",
    "TailLimits",
    "Window",
    "Worker",
    "configure_json_logging",
    "encode_places",
    "is_marker",
    "merge",
    "parse_query",
    "uses_patterns",
)
