"""What ``corvo logs`` is made of: options, following with resume, ordering of several modules, and lines as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .log_follow import Follower, follow_all
    from .log_lines import Line
    from .log_options import parameters_of, query_options
    from .log_selection import SelectionFollower
    from .log_window import ReorderWindow
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "log_follow": ("Follower", "follow_all"),
            "log_lines": ("Line",),
            "log_options": ("parameters_of", "query_options"),
            "log_selection": ("SelectionFollower",),
            "log_window": ("ReorderWindow",),
        },
    )

__all__ = (
    "Follower",
    "Line",
    "ReorderWindow",
    "SelectionFollower",
    "follow_all",
    "parameters_of",
    "query_options",
)
