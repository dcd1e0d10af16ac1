"""Changing the level inside another process: one hook per file, and the runner that retries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .exec_hook import ExecHook
    from .file_hook import FileHook
    from .hook_runner import HookRunner, HookStatistics
    from .hook_spec import parse_level_hook
    from .http_hook import HttpHook
    from .level_hook import LevelChange, LevelHook
    from .signal_hook import SignalHook
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "exec_hook": ("ExecHook",),
            "file_hook": ("FileHook",),
            "hook_runner": ("HookRunner", "HookStatistics"),
            "hook_spec": ("parse_level_hook",),
            "http_hook": ("HttpHook",),
            "level_hook": ("LevelChange", "LevelHook"),
            "signal_hook": ("SignalHook",),
        },
    )

__all__ = (
    "ExecHook",
    "FileHook",
    "HookRunner",
    "HookStatistics",
    "HttpHook",
    "LevelChange",
    "LevelHook",
    "SignalHook",
    "parse_level_hook",
)
