"""Log files, lines and levels."""

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

__all__ = (
    "JsonFileHandler",
    "JsonFormatter",
    "JsonLogging",
    "LevelFilter",
    "LiveFilter",
    "audit",
    "configure_json_logging",
    "current_filter",
    "filtered",
    "get_log_filter",
    "refresh_filter",
    "reset_filter",
)
