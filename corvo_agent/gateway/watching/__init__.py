"""The Modules and endpoints in memory, and the clients that watch them: one stream from the store, fanned out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .endpoint_cache import EndpointCache
    from .events import EventBatch
    from .module_cache import ModuleCache
    from .subscription import Subscription
    from .watch_hub import WatchHub, WatchLimits
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "endpoint_cache": ("EndpointCache",),
            "events": ("EventBatch",),
            "module_cache": ("ModuleCache",),
            "subscription": ("Subscription",),
            "watch_hub": ("WatchHub", "WatchLimits"),
        },
    )

__all__ = (
    "EndpointCache",
    "EventBatch",
    "ModuleCache",
    "Subscription",
    "WatchHub",
    "WatchLimits",
)
