"""Levels of logging that change while the process runs: the filter in force, and the logging libraries that follow it.

``reset_filter`` puts a ``LevelFilter`` in force for the whole process, and an agent's ``LevelLayer`` another over it;
``logging`` follows at once, structlog and loguru through ``filter_by_logger_level`` and ``LoguruFilter``. Nothing here
knows Modules or etcd: ``agent.LevelSync`` joins the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

# At once, because its file has the same name: importing that would put the module in the place of the function.
from .audit import audit

if TYPE_CHECKING:
    from .blockers import level_blockers
    from .filter import (
        LiveFilter,
        add_listener,
        current_filter,
        filtered,
        get_log_filter,
        held_back,
        refresh_filter,
        remove_listener,
        reset_filter,
    )
    from .in_force import LevelListener
    from .layer import LevelLayer
    from .level import AUDIT, VALID_LEVELS, Level
    from .level_filter import LevelFilter
    from .loguru_filter import LoguruFilter
    from .state import LevelSource, LevelState
    from .structlog_filter import filter_by_logger_level
    from .thresholds import Thresholds
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "blockers": ("level_blockers",),
            "filter": (
                "LiveFilter",
                "add_listener",
                "current_filter",
                "filtered",
                "get_log_filter",
                "held_back",
                "refresh_filter",
                "remove_listener",
                "reset_filter",
            ),
            "in_force": ("LevelListener",),
            "layer": ("LevelLayer",),
            "level": ("AUDIT", "VALID_LEVELS", "Level"),
            "level_filter": ("LevelFilter",),
            "loguru_filter": ("LoguruFilter",),
            "state": ("LevelSource", "LevelState"),
            "structlog_filter": ("filter_by_logger_level",),
            "thresholds": ("Thresholds",),
        },
    )

__all__ = (
    "AUDIT",
    "VALID_LEVELS",
    "Level",
    "LevelFilter",
    "LevelLayer",
    "LevelListener",
    "LevelSource",
    "LevelState",
    "LiveFilter",
    "LoguruFilter",
    "Thresholds",
    "add_listener",
    "audit",
    "current_filter",
    "filter_by_logger_level",
    "filtered",
    "get_log_filter",
    "held_back",
    "level_blockers",
    "refresh_filter",
    "remove_listener",
    "reset_filter",
)
