"""gRPC's own services beside ours: health checking (grpc.health.v1) and server reflection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .health import HealthService
    from .reflection import ReflectionService
    from .services import introspection
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "health": ("HealthService",),
            "reflection": ("ReflectionService",),
            "services": ("introspection",),
        },
    )

__all__ = (
    "HealthService",
    "ReflectionService",
    "introspection",
)
