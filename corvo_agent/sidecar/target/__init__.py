"""The process that a sidecar stands beside: finding it by pid, file, port or name, and finding it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .process_listener import target_of_url
    from .process_match import target_of_match
    from .target_follower import TargetFollower
    from .target_process import FindTarget, ProcessIdentity, process_identity, target_of_pid, target_of_pid_file
    from .target_report import start_of_target
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "process_listener": ("target_of_url",),
            "process_match": ("target_of_match",),
            "target_follower": ("TargetFollower",),
            "target_process": (
                "FindTarget",
                "ProcessIdentity",
                "process_identity",
                "target_of_pid",
                "target_of_pid_file",
            ),
            "target_report": ("start_of_target",),
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
