"""What an agent does for a process that it does not live in: finding it, setting its level, measuring it from outside.

``target`` finds the process and notices when another takes its place, ``hooks`` change its level (HTTP, file, signal,
command), ``answers`` are its statistics and profiles, also those that a Go process serves itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .answers.service import answer_for_go, answer_for_process
    from .hooks.protocol import LevelChange, LevelHook
    from .hooks.runner import HookRunner, HookStatistics
    from .hooks.spec import parse_level_hook
    from .target.follower import TargetFollower
    from .target.listener import target_of_url
    from .target.match import target_of_match
    from .target.process import FindTarget, process_identity, target_of_pid, target_of_pid_file
    from .target.report import start_of_target
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "answers.service": ("answer_for_go", "answer_for_process"),
            "hooks.protocol": ("LevelChange", "LevelHook"),
            "hooks.runner": ("HookRunner", "HookStatistics"),
            "hooks.spec": ("parse_level_hook",),
            "target.follower": ("TargetFollower",),
            "target.listener": ("target_of_url",),
            "target.match": ("target_of_match",),
            "target.process": ("FindTarget", "process_identity", "target_of_pid", "target_of_pid_file"),
            "target.report": ("start_of_target",),
        },
    )

__all__ = (
    "FindTarget",
    "HookRunner",
    "HookStatistics",
    "LevelChange",
    "LevelHook",
    "TargetFollower",
    "answer_for_go",
    "answer_for_process",
    "parse_level_hook",
    "process_identity",
    "start_of_target",
    "target_of_match",
    "target_of_pid",
    "target_of_pid_file",
    "target_of_url",
)
