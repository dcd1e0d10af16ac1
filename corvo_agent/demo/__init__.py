"""The demo: sample services with their agents, on an etcd and a gateway of its own, all on loopback.

``DemoWorld`` runs it; ``corvo demo --check`` drives the main job once over it and prints what was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .findings import Failed, Finding
    from .node import running_node
    from .service import OrderService
    from .world import DemoWorld
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "findings": ("Failed", "Finding"),
            "node": ("running_node",),
            "service": ("OrderService",),
            "world": ("DemoWorld",),
        },
    )

__all__ = (
    "DemoWorld",
    "Failed",
    "Finding",
    "OrderService",
    "running_node",
)
