"""Following keys: a snapshot at a revision, then every change after it, and the view of Modules made of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .batches import BatchBuffer, Cause, WatchBatch
    from .statistics import WatchStatistics
    from .view import View
    from .watch import Watch
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "batches": ("BatchBuffer", "Cause", "WatchBatch"),
            "statistics": ("WatchStatistics",),
            "view": ("View",),
            "watch": ("Watch",),
        },
    )

__all__ = (
    "BatchBuffer",
    "Cause",
    "View",
    "Watch",
    "WatchBatch",
    "WatchStatistics",
)
