"""Following logs: every new line once and in order, for any number of readers, with bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .session import TailSession
    from .tailer import LogTailer
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "session": ("TailSession",),
            "tailer": ("LogTailer",),
        },
    )

__all__ = (
    "LogTailer",
    "TailSession",
)
