"""The kinds of profiles, one per file, and those of this process together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .block import ContentionKind, block_kind, mutex_kind
    from .cmdline import CmdlineKind, join
    from .cpu import CpuKind
    from .goroutine import GoroutineDump, GoroutineKind
    from .local import local_kinds
    from .threadcreate import ThreadCreateKind
    from .trace import TraceKind
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "block": ("ContentionKind", "block_kind", "mutex_kind"),
            "cmdline": ("CmdlineKind", "join"),
            "cpu": ("CpuKind",),
            "goroutine": ("GoroutineDump", "GoroutineKind"),
            "local": ("local_kinds",),
            "threadcreate": ("ThreadCreateKind",),
            "trace": ("TraceKind",),
        },
    )

__all__ = (
    "CmdlineKind",
    "ContentionKind",
    "CpuKind",
    "GoroutineDump",
    "GoroutineKind",
    "ThreadCreateKind",
    "TraceKind",
    "block_kind",
    "join",
    "local_kinds",
    "mutex_kind",
)
