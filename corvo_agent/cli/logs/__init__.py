"""What ``corvo logs`` is made of: options, following with resume, ordering of several modules, and lines as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .follower import ModuleFollower, follow_all
    from .lines import Line
    from .options import parameters_of, query_options
    from .reorder_buffer import ReorderBuffer
    from .selection import SelectionFollower
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "follower": ("ModuleFollower", "follow_all"),
            "lines": ("Line",),
            "options": ("parameters_of", "query_options"),
            "reorder_buffer": ("ReorderBuffer",),
            "selection": ("SelectionFollower",),
        },
    )

__all__ = (
    "Line",
    "ModuleFollower",
    "ReorderBuffer",
    "SelectionFollower",
    "follow_all",
    "parameters_of",
    "query_options",
)
