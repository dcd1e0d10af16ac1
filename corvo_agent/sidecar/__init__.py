"""What an agent does for a process that it does not live in: finding it, setting its level, measuring it from outside.

``target`` finds the process and notices when another takes its place, ``hooks`` change its level (HTTP, file, signal,
command), ``answers`` are its statistics and profiles, also those that a Go process serves itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .answers.answers import answer_for_go, answer_for_process
    from .hooks.hook_runner import HookRunner, HookStatistics
    from .hooks.hook_spec import parse_level_hook
    from .hooks.level_hook import LevelChange, LevelHook
    from .target.process_listener import target_of_url
    from .target.process_match import target_of_match
    from .target.target_follower import TargetFollower
    from .target.target_process import FindTarget, process_identity, target_of_pid, target_of_pid_file
    from .target.target_report import start_of_target
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "answers.answers": ("answer_for_go", "answer_for_process"),
            "hooks.hook_runner": ("HookRunner", "HookStatistics"),
            "hooks.hook_spec": ("parse_level_hook",),
            "hooks.level_hook": ("LevelChange", "LevelHook"),
            "target.process_listener": ("target_of_url",),
            "target.process_match": ("target_of_match",),
            "target.target_follower": ("TargetFollower",),
            "target.target_process": ("FindTarget", "process_identity", "target_of_pid", "target_of_pid_file"),
            "target.target_report": ("start_of_target",),
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
