"""One file for each query that the service answers by itself: Log, Stats, Profile and Action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .action import ActionHandler
    from .log import LogHandler
    from .profile import ProfileHandler
    from .stats import StatsHandler
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "action": ("ActionHandler",),
            "log": ("LogHandler",),
            "profile": ("ProfileHandler",),
            "stats": ("StatsHandler",),
        },
    )

__all__ = (
    "ActionHandler",
    "LogHandler",
    "ProfileHandler",
    "StatsHandler",
)
