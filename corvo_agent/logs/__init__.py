"""Log files, lines and levels.

What reads and follows files is imported when it is first used: a service that only writes its log does not pay for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .audit import audit
from .formatter import JsonFormatter
from .json_logging import JsonFileHandler, JsonLogging, configure_json_logging
from .level_filter import (
    LevelFilter,
    LiveFilter,
    current_filter,
    filtered,
    get_log_filter,
    refresh_filter,
    reset_filter,
)
from .level_obstacles import level_obstacles
from .level_state import LevelSource, LevelState

if TYPE_CHECKING:
    from .fields import FieldCondition, Operator
    from .limits import ReadLimits, TailLimits
    from .line_time import Window
    from .marker import is_marker
    from .parameters import parse_query
    from .query import LogQuery, Order
    from .reader import LogReader
    from .result import LogResult
    from .severity import Audit
    from .tailer import LogTailer

_HOMES = {
    "Audit": "severity",
    "FieldCondition": "fields",
    "LogQuery": "query",
    "LogReader": "reader",
    "LogResult": "result",
    "LogTailer": "tailer",
    "Operator": "fields",
    "Order": "query",
    "ReadLimits": "limits",
    "TailLimits": "limits",
    "Window": "line_time",
    "is_marker": "marker",
    "parse_query": "parameters",
}

__all__ = (
    "Audit",
    "FieldCondition",
    "JsonFileHandler",
    "JsonFormatter",
    "JsonLogging",
    "LevelFilter",
    "LevelSource",
    "LevelState",
    "LiveFilter",
    "LogQuery",
    "LogReader",
    "LogResult",
    "LogTailer",
    "Operator",
    "Order",
    "ReadLimits",
    "TailLimits",
    "Window",
    "audit",
    "configure_json_logging",
    "current_filter",
    "filtered",
    "get_log_filter",
    "is_marker",
    "level_obstacles",
    "parse_query",
    "refresh_filter",
    "reset_filter",
)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
