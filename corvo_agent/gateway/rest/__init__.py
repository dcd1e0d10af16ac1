"""The gateway's REST API: routes, what surrounds them, and their OpenAPI description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .connection import HttpConnections, HttpLimits
else:
    __getattr__, __dir__ = lazy_names(__name__, {"connection": ("HttpConnections", "HttpLimits")})

__all__ = (
    "HttpConnections",
    "HttpLimits",
)
