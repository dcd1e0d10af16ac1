"""What fills the heap: live objects by type, traced allocations, and windows of allocations by memray."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .heap import HeapKind
    from .heap_look import HeapHistory
    from .heap_objects import ObjectCensus
    from .heap_trace import HeapTrace, allocation_seconds
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "heap": ("HeapKind",),
            "heap_look": ("HeapHistory",),
            "heap_objects": ("ObjectCensus",),
            "heap_trace": ("HeapTrace", "allocation_seconds"),
        },
    )

__all__ = (
    "HeapHistory",
    "HeapKind",
    "HeapTrace",
    "ObjectCensus",
    "allocation_seconds",
)
