"""What takes a while, as resources: begun, looked at, fetched, ended. Only the gateway that was asked has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .bundles import Bundles
    from .operation import Operation, State
    from .profiles import Profiles
    from .shelf import Shelf, ShelfLimits
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "bundles": ("Bundles",),
            "operation": ("Operation", "State"),
            "profiles": ("Profiles",),
            "shelf": ("Shelf", "ShelfLimits"),
        },
    )

__all__ = (
    "Bundles",
    "Operation",
    "Profiles",
    "Shelf",
    "ShelfLimits",
    "State",
)
