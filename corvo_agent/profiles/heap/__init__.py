"""What fills the heap: live objects by type, traced allocations, and recordings of allocations by memray."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .census import ObjectCensus
    from .kind import HeapKind
    from .snapshot import HeapHistory
    from .tracing import HeapTrace, allocation_seconds
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "census": ("ObjectCensus",),
            "kind": ("HeapKind",),
            "snapshot": ("HeapHistory",),
            "tracing": ("HeapTrace", "allocation_seconds"),
        },
    )

__all__ = (
    "HeapHistory",
    "HeapKind",
    "HeapTrace",
    "ObjectCensus",
    "allocation_seconds",
)
