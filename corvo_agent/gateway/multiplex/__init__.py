"""Many subscriptions of one client over one stream: what is subscribed to, and the lines that wait for their reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .kinds import Outlet, Subscription, SubscriptionKind
    from .multiplexer import Multiplexer
    from .outbox import Outbox
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "kinds": ("Outlet", "Subscription", "SubscriptionKind"),
            "multiplexer": ("Multiplexer",),
            "outbox": ("Outbox",),
        },
    )

__all__ = (
    "Multiplexer",
    "Outbox",
    "Outlet",
    "Subscription",
    "SubscriptionKind",
)
