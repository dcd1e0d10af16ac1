"""The process that a sidecar stands beside: finding it by pid, file, port or name, and finding it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .follower import TargetFollower
    from .listener import target_of_url
    from .match import target_of_match
    from .process import FindTarget, ProcessIdentity, process_identity, target_of_pid, target_of_pid_file
    from .report import start_of_target
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "follower": ("TargetFollower",),
            "listener": ("target_of_url",),
            "match": ("target_of_match",),
            "process": ("FindTarget", "ProcessIdentity", "process_identity", "target_of_pid", "target_of_pid_file"),
            "report": ("start_of_target",),
        },
    )

__all__ = (
    "FindTarget",
    "ProcessIdentity",
    "TargetFollower",
    "process_identity",
    "start_of_target",
    "target_of_match",
    "target_of_pid",
    "target_of_pid_file",
    "target_of_url",
)
