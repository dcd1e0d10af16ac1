"""The REST and gRPC face of the Modules: reads from memory, writes to the store, Debug routed to the agents.

``Gateway(store, GatewaySettings(...))`` is the whole; its rooms are the REST API, the gRPC API, the objects (what may
be done to a Module), the watching (the cache and its followers) and the routing (from a Module to its agent).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .app import Gateway
    from .routing.networks import parse_networks
    from .routing.router import RouteLimits
    from .settings import GatewaySettings
    from .watching.watch_hub import WatchLimits
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "app": ("Gateway",),
            "routing.networks": ("parse_networks",),
            "routing.router": ("RouteLimits",),
            "settings": ("GatewaySettings",),
            "watching.watch_hub": ("WatchLimits",),
        },
    )

__all__ = (
    "Gateway",
    "GatewaySettings",
    "RouteLimits",
    "WatchLimits",
    "parse_networks",
)
