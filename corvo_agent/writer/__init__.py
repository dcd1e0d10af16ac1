"""The module writer: keeps Module objects in step with what really runs.

A ``ModuleSource`` (a Kubernetes cluster, systemd, an inventory file) tells what is there; ``ModuleWriter`` creates and
updates Modules accordingly and never touches what people wrote; an ``Election`` lets one of several writers work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .election import Election
    from .inventory import InventorySource, parse_inventory
    from .kubernetes import KubernetesSource, load_configuration
    from .source import Complete, Gone, ModuleSource, Present, SourceEvent
    from .systemd import SystemdSource
    from .writer import ModuleWriter, WriterStatistics
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "election": ("Election",),
            "inventory": ("InventorySource", "parse_inventory"),
            "kubernetes": ("KubernetesSource", "load_configuration"),
            "source": ("Complete", "Gone", "ModuleSource", "Present", "SourceEvent"),
            "systemd": ("SystemdSource",),
            "writer": ("ModuleWriter", "WriterStatistics"),
        },
    )

__all__ = (
    "Complete",
    "Election",
    "Gone",
    "InventorySource",
    "KubernetesSource",
    "ModuleSource",
    "ModuleWriter",
    "Present",
    "SourceEvent",
    "SystemdSource",
    "WriterStatistics",
    "load_configuration",
    "parse_inventory",
)
