"""The messages of Debug queries: betterproto's generated classes, and what handlers and clients make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .payloads import (
        Logs,
        Profile,
        Stats,
        String,
        logs_payload,
        payload_of,
        profile_payload,
        stats_payload,
        string_payload,
    )
    from .request_codec import DiagnosticsRequest, DiagnosticsResponse, payload_in, query_of, request_of, response_of
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "payloads": (
                "Logs",
                "Profile",
                "Stats",
                "String",
                "logs_payload",
                "payload_of",
                "profile_payload",
                "stats_payload",
                "string_payload",
            ),
            "request_codec": (
                "DiagnosticsRequest",
                "DiagnosticsResponse",
                "payload_in",
                "query_of",
                "request_of",
                "response_of",
            ),
        },
    )

__all__ = (
    "DiagnosticsRequest",
    "DiagnosticsResponse",
    "Logs",
    "Profile",
    "Stats",
    "String",
    "logs_payload",
    "payload_in",
    "payload_of",
    "profile_payload",
    "query_of",
    "request_of",
    "response_of",
    "stats_payload",
    "string_payload",
)
