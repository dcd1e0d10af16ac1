"""Changing the level inside another process: one hook per file, and the runner that retries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .exec_hook import ExecHook
    from .file_hook import FileHook
    from .http_hook import HttpHook
    from .protocol import LevelChange, LevelHook
    from .runner import HookRunner, HookStatistics
    from .signal_hook import SignalHook
    from .spec import parse_level_hook
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "exec_hook": ("ExecHook",),
            "file_hook": ("FileHook",),
            "http_hook": ("HttpHook",),
            "protocol": ("LevelChange", "LevelHook"),
            "runner": ("HookRunner", "HookStatistics"),
            "signal_hook": ("SignalHook",),
            "spec": ("parse_level_hook",),
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
