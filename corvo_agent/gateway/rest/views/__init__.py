"""What the gateway answers over REST: a file for each group of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...._lazy import lazy_names

if TYPE_CHECKING:
    from .audit import AuditViews
    from .counts import CountViews
    from .debug import DebugViews
    from .errors import ErrorViews
    from .fleet import FleetViews
    from .follow import FollowViews
    from .history import HistoryViews
    from .logs import LogViews
    from .modules import ModuleViews
    from .multiplex import MultiplexViews
    from .operations import BundleViews, OperationViews, ProfileViews
    from .samples import SampleViews
    from .scraping import ScrapingViews
    from .stacks import StackViews
    from .status import StatusViews
    from .watch import WatchViews
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "audit": ("AuditViews",),
            "counts": ("CountViews",),
            "debug": ("DebugViews",),
            "errors": ("ErrorViews",),
            "fleet": ("FleetViews",),
            "follow": ("FollowViews",),
            "history": ("HistoryViews",),
            "logs": ("LogViews",),
            "modules": ("ModuleViews",),
            "multiplex": ("MultiplexViews",),
            "operations": ("BundleViews", "OperationViews", "ProfileViews"),
            "samples": ("SampleViews",),
            "stacks": ("StackViews",),
            "scraping": ("ScrapingViews",),
            "status": ("StatusViews",),
            "watch": ("WatchViews",),
        },
    )

__all__ = (
    "AuditViews",
    "BundleViews",
    "CountViews",
    "DebugViews",
    "ErrorViews",
    "FleetViews",
    "FollowViews",
    "HistoryViews",
    "LogViews",
    "ModuleViews",
    "MultiplexViews",
    "OperationViews",
    "ProfileViews",
    "SampleViews",
    "ScrapingViews",
    "StackViews",
    "StatusViews",
    "WatchViews",
)
