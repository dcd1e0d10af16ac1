"""What clients of one multiplexed stream can subscribe to: the fleet at a glance, and the logs of Modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .logs import LogsKind
    from .statuses import StatusesKind
else:
    __getattr__, __dir__ = lazy_names(__name__, {"logs": ("LogsKind",), "statuses": ("StatusesKind",)})

__all__ = (
    "LogsKind",
    "StatusesKind",
)
