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
    from .log_paths import expand, literal_path
    from .packed import unpack
    from .rotated_name import read_rotated_name
    from .rotation import FileClock, Rotation
    from .rotation_order import Rotated
    from .splitter import Chunk, Lines, Splitter
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "blocks": ("backward", "forward", "last_line_end"),
            "cursor": ("Cursor", "FileMark"),
            "framing": ("Framing", "LineFraming", "MarkFraming"),
            "history": ("LogHistory", "head_of"),
            "log_paths": ("expand", "literal_path"),
            "log_file": ("FileChanged", "LogFile", "open_log"),
            "packed": ("unpack",),
            "rotated_name": ("read_rotated_name",),
            "rotation": ("FileClock", "Rotation"),
            "rotation_order": ("Rotated",),
            "splitter": ("Chunk", "Lines", "Splitter"),
        },
    )

__all__ = (
    "Chunk",
    "Cursor",
    "FileChanged",
    "FileClock",
    "FileMark",
    "Framing",
    "LineFraming",
    "Lines",
    "LogFile",
    "LogHistory",
    "MarkFraming",
    "Rotated",
    "Rotation",
    "Splitter",
    "backward",
    "expand",
    "forward",
    "head_of",
    "last_line_end",
    "literal_path",
    "open_log",
    "read_rotated_name",
    "unpack",
)
