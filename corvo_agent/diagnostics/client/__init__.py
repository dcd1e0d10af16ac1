"""Asking an agent over gRPC: connections that come back, deadlines, and answers as Python values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .client import DiagnosticsClient
    from .typed_client import TypedClient
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "client": ("DiagnosticsClient",),
            "typed_client": ("TypedClient",),
        },
    )

__all__ = (
    "DiagnosticsClient",
    "TypedClient",
)
