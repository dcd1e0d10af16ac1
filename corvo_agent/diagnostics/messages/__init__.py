"""The messages of Debug queries, as bytes and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .payloads import logs_payload, payload_of, profile_payload, stats_payload, string_payload
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "payloads": ("logs_payload", "payload_of", "profile_payload", "stats_payload", "string_payload"),
        },
    )

__all__ = (
    "logs_payload",
    "payload_of",
    "profile_payload",
    "stats_payload",
    "string_payload",
)
