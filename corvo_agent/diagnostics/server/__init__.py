"""The gRPC server, with the bounds that grpclib leaves open: connections, streams, message sizes, idle time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .connection import ServerLimits
    from .server import DiagnosticsServer
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "connection": ("ServerLimits",),
            "server": ("DiagnosticsServer",),
        },
    )

__all__ = (
    "DiagnosticsServer",
    "ServerLimits",
)
