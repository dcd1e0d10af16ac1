"""Following logs: every new line once and in order, for any number of readers, with bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .batch_builder import BatchBuilder
    from .broadcaster import Broadcaster
    from .follower import LogFollower
    from .session import TailSession
    from .tailer import LogTailer
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "batch_builder": ("BatchBuilder",),
            "broadcaster": ("Broadcaster",),
            "follower": ("LogFollower",),
            "session": ("TailSession",),
            "tailer": ("LogTailer",),
        },
    )

__all__ = (
    "BatchBuilder",
    "Broadcaster",
    "LogFollower",
    "LogTailer",
    "TailSession",
)
