"""Levels of logging that change while the process runs: the filter, what holds and why, and each logging library."""

from .audit import audit
from .blockers import level_obstacles
from .filter import (
    LevelFilter,
    LiveFilter,
    current_filter,
    filtered,
    get_log_filter,
    refresh_filter,
    reset_filter,
)
from .level import AUDIT, VALID_LEVELS, Level
from .state import LevelSource, LevelState

__all__ = (
    "AUDIT",
    "VALID_LEVELS",
    "Level",
    "LevelFilter",
    "LevelSource",
    "LevelState",
    "LiveFilter",
    "audit",
    "current_filter",
    "filtered",
    "get_log_filter",
    "level_obstacles",
    "refresh_filter",
    "reset_filter",
)
