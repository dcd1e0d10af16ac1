"""etcd as the store: its client, sessions, failover between endpoints, and errors. Only this room knows etcd3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .options import EtcdOptions
    from .store import EtcdStatistics, EtcdStore
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "options": ("EtcdOptions",),
            "store": ("EtcdStatistics", "EtcdStore"),
        },
    )

__all__ = (
    "EtcdOptions",
    "EtcdStatistics",
    "EtcdStore",
)
