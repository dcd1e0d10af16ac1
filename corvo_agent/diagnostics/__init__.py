"""Debug queries: the gRPC service that answers them, the handlers behind it, and the client that asks.

::

    server/ ──> calls ──> service ──> admission ──> registry ──> handlers/          a query to us
    (bounded    (bounded  (protos'    (places,      (which       (log, stats,
     gRPC)       messages) Diagnostics) time)        handler)     profile, action)

    client/ ──> messages/                                                            a query of ours
    (connections,  (betterproto's messages to
     errors)        queries and payloads)

Both the service and the client's stub are those that betterproto generated; ``message_codec`` reads and writes their
messages by the codec of ``protobuf``.
A service of your own gRPC server is ``DiagnosticsService``; a query of your own is a ``QueryHandler`` registered
with it. ``status`` is the one table between errors and gRPC statuses; ``introspection`` holds gRPC's own health and
reflection services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .client.client import DiagnosticsClient
    from .client.typed_client import TypedClient
    from .handler import QueryHandler, StreamingHandler
    from .messages.payloads import logs_payload, payload_of, profile_payload, stats_payload, string_payload
    from .query import DebugQuery, Payload
    from .registry import HandlerRegistry
    from .server.connection import ServerLimits
    from .server.server import DiagnosticsServer
    from .service import DiagnosticsService, ServiceLimits
    from .tls import client_ssl, server_ssl
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "client.client": ("DiagnosticsClient",),
            "client.typed_client": ("TypedClient",),
            "handler": ("QueryHandler", "StreamingHandler"),
            "messages.payloads": ("logs_payload", "payload_of", "profile_payload", "stats_payload", "string_payload"),
            "query": ("DebugQuery", "Payload"),
            "registry": ("HandlerRegistry",),
            "server.connection": ("ServerLimits",),
            "server.server": ("DiagnosticsServer",),
            "service": ("DiagnosticsService", "ServiceLimits"),
            "tls": ("client_ssl", "server_ssl"),
        },
    )

__all__ = (
    "DebugQuery",
    "DiagnosticsClient",
    "DiagnosticsServer",
    "DiagnosticsService",
    "HandlerRegistry",
    "Payload",
    "QueryHandler",
    "ServerLimits",
    "ServiceLimits",
    "StreamingHandler",
    "TypedClient",
    "client_ssl",
    "logs_payload",
    "payload_of",
    "profile_payload",
    "server_ssl",
    "stats_payload",
    "string_payload",
)
