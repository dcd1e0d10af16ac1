"""The gateway's gRPC API, ``diagnostics.DiagnosticsV1``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .service import DiagnosticsV1
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "service": ("DiagnosticsV1",),
        },
    )

__all__ = ("DiagnosticsV1",)
