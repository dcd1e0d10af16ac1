"""The log files of a process that nobody has named: regular files that it has open for appending."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_DELETED = " (deleted)"


def open_logs(pid: int) -> list[Path]:
    """The files, the one that was written to last first; those of another root as this process finds them.

    A file that was deleted, or whose name now stands for another one, is none: it could not be followed. Raises
    PermissionError for a process of another user.
    """
    found: dict[tuple[int, int], tuple[float, Path]] = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            opened = os.stat(f"/proc/{pid}/fd/{number}")
            if stat.S_ISREG(opened.st_mode) and _appends(pid, number):
                path = _path(pid, number, opened)
                if path is not None:
                    found[opened.st_dev, opened.st_ino] = opened.st_mtime, path
        except FileNotFoundError:
            # Closed meanwhile.
            continue
    return [path for _, path in sorted(found.values(), key=lambda each: (-each[0], each[1]))]


def _appends(pid: int, number: str) -> bool:
    with open(f"/proc/{pid}/fdinfo/{number}", encoding="ascii") as file:
        lines = dict(line.split(":", 1) for line in file if ":" in line)
    # Octal, as open(2) takes them.
    return bool(int(lines.get("flags", "0"), 8) & os.O_APPEND)


def _path(pid: int, number: str, opened: os.stat_result) -> Path | None:
    told = os.readlink(f"/proc/{pid}/fd/{number}")
    if told.endswith(_DELETED):
        return None
    # As this process sees it, else through the root of the other one, which may be a container's.
    for path in (told, f"/proc/{pid}/root{told}"):
        try:
            there = os.stat(path)
        except OSError:
            continue
        if (there.st_dev, there.st_ino) == (opened.st_dev, opened.st_ino):
            return Path(path)
    return None
