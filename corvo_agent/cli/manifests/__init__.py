"""What runs Corvo in production: images, Compose, Kubernetes, systemd, Prometheus; plain data that commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .deployment import Deployment
    from .docker import compose, dockerfile
    from .kubernetes import certificate_names
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "deployment": ("Deployment",),
            "docker": ("compose", "dockerfile"),
            "kubernetes": ("certificate_names",),
        },
    )

__all__ = (
    "Deployment",
    "certificate_names",
    "compose",
    "dockerfile",
)
