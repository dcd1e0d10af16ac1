"""From a Module to a connection with the agent that answers for it, within the networks that may be dialled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .networks import DialPolicy, parse_networks
    from .peers import PeerPool
    from .resolver import Resolver
    from .router import RouteLimits, Router
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "networks": ("DialPolicy", "parse_networks"),
            "peers": ("PeerPool",),
            "resolver": ("Resolver",),
            "router": ("RouteLimits", "Router"),
        },
    )

__all__ = (
    "DialPolicy",
    "PeerPool",
    "Resolver",
    "RouteLimits",
    "Router",
    "parse_networks",
)
