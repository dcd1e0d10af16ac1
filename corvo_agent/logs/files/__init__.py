"""Log files on disk: opening them, blocks of lines, compressed parts, rotation, and positions that outlive it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .blocks import backward, forward, last_line_end
    from .cursor import Cursor, FileMark
    from .framing import Framing, LineFraming, MarkFraming
    from .history import LogHistory, head_of
    from .log_file import FileChanged, LogFile, open_log
    from .packed import unpack
    from .rotation import Rotated, open_rotated, rotated_files, rotated_name
    from .splitter import Chunk, Lines, Splitter
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "blocks": ("backward", "forward", "last_line_end"),
            "cursor": ("Cursor", "FileMark"),
            "framing": ("Framing", "LineFraming", "MarkFraming"),
            "history": ("LogHistory", "head_of"),
            "log_file": ("FileChanged", "LogFile", "open_log"),
            "packed": ("unpack",),
            "rotation": ("Rotated", "open_rotated", "rotated_files", "rotated_name"),
            "splitter": ("Chunk", "Lines", "Splitter"),
        },
    )

__all__ = (
    "Chunk",
    "Cursor",
    "FileChanged",
    "FileMark",
    "Framing",
    "LineFraming",
    "Lines",
    "LogFile",
    "LogHistory",
    "MarkFraming",
    "Rotated",
    "Splitter",
    "backward",
    "forward",
    "head_of",
    "last_line_end",
    "open_log",
    "open_rotated",
    "rotated_files",
    "rotated_name",
    "unpack",
)
