"""What clients of one multiplexed stream can subscribe to: the fleet at a glance, logs, profiles, the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .audit import AuditKind
    from .logs import LogsKind
    from .profile import ProfileKind
    from .statuses import StatusesKind
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "audit": ("AuditKind",),
            "logs": ("LogsKind",),
            "profile": ("ProfileKind",),
            "statuses": ("StatusesKind",),
        },
    )

__all__ = (
    "AuditKind",
    "LogsKind",
    "ProfileKind",
    "StatusesKind",
)
