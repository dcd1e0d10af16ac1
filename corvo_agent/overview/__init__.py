"""A Module at a glance: whether it is alive, its level, its errors, its cost; one rule for all who show that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .facts import Facts
    from .measuring import Measured, measure
    from .overview import Overview, Status
    from .recent_errors import RecentErrors
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "facts": ("Facts",),
            "measuring": ("Measured", "measure"),
            "overview": ("Overview", "Status"),
            "recent_errors": ("RecentErrors",),
        },
    )

__all__ = (
    "Facts",
    "Measured",
    "Overview",
    "RecentErrors",
    "Status",
    "measure",
)
