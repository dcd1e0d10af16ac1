"""The gateway's REST API: routes, what surrounds them, and their OpenAPI description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .views_debug import DebugViews
    from .views_follow import FollowViews
    from .views_modules import ModuleViews
    from .views_status import StatusViews
    from .views_watch import WatchViews
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "views_debug": ("DebugViews",),
            "views_follow": ("FollowViews",),
            "views_modules": ("ModuleViews",),
            "views_status": ("StatusViews",),
            "views_watch": ("WatchViews",),
        },
    )

__all__ = (
    "DebugViews",
    "FollowViews",
    "ModuleViews",
    "StatusViews",
    "WatchViews",
)
