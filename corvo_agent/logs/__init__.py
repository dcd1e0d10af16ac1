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
from .level_obstacles import level_obstacles
from .level_state import LevelSource, LevelState

__all__ = (
    "JsonFileHandler",
    "JsonFormatter",
    "JsonLogging",
    "LevelFilter",
    "LevelSource",
    "LevelState",
    "LiveFilter",
    "audit",
    "configure_json_logging",
    "current_filter",
    "filtered",
    "get_log_filter",
    "level_obstacles",
    "refresh_filter",
    "reset_filter",
)
