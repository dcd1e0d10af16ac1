"""The names that rotation gives to the older files of a log, and the order that they were written in.

======================================================  ==========================================
``name.log.1``, ``name.1.log``                          logrotate, RotatingFileHandler: 1 is the newest
``name.log.2024-01-31``, ``..._23-59-59``, ``...T23``   TimedRotatingFileHandler
``name.log-20240131``, ``name.log-20240131-1706659200``  logrotate with dateext
``name-2024-01-31T23-59-59.000.log``                    lumberjack
``name-20240131.log``, ``name.2024-01-31_23-59-59.log``  logrotate with extension, loguru
======================================================  ==========================================

Each of them may be compressed: ``.gz``, ``.zst``.
"""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ...errors import NotFound
from .log_file import PACKED, LogFile, open_log, translate

_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}([T_-]?\d{2}([-:]?\d{2}([-:]?\d{2}([.,_]\d+)?)?)?)?([.-]\d{1,12})?Z?", re.ASCII)
# Names change while they are listed when a log is rotated; a link that leads nowhere looks the same each time.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Rotated:
    """An older file of a log: ``path``, when it was last ``modified`` (nanoseconds), and its ``key`` (device, inode).

    ``number`` counts upwards with age; 0 for a file that has a ``date`` in its name.
    """

    path: str
    number: int
    date: str
    modified: int
    key: tuple[int, int]


def rotated_name(name: str, base: str) -> tuple[int, str] | None:
    """Number and date in ``name`` if it is a rotated name of the file ``base``, else None."""
    for suffix in PACKED:
        name = name.removesuffix(suffix)
    stem, extension = os.path.splitext(base)
    inner = None
    if name.startswith(base) and name[len(base) : len(base) + 1] in (".", "-"):
        inner = name[len(base) :]
    elif extension and name.startswith(stem) and name.endswith(extension):
        inner = name[len(stem) : -len(extension)]
    if not inner or inner[0] not in ".-" or inner[1:] == "":
        return None
    if inner[0] == "." and _NUMBER.fullmatch(inner[1:]):
        return int(inner[1:]), ""
    return (0, inner[1:]) if _DATE.fullmatch(inner[1:]) else None


def rotated_files(path: str) -> list[Rotated]:
    """The older files beside ``path``, the newest first. Raises as ``open_log`` when the folder cannot be listed."""
    for _ in range(_ATTEMPTS):
        found, whole = _list(path)
        if whole:
            break
    return sort_rotated(found)


def _list(path: str) -> tuple[list[Rotated], bool]:
    """What is beside ``path`` now, and whether nothing was renamed meanwhile: such a file may be there twice or not."""
    folder, base = os.path.split(path)
    found: dict[tuple[int, int], Rotated] = {}
    try:
        names = [(name, parts) for name in os.listdir(folder or ".") if (parts := rotated_name(name, base))]
    except OSError as error:
        raise translate(error, folder) from error
    for name, parts in names:
        try:
            status = os.stat(os.path.join(folder, name))
        except OSError:  # a link that leads nowhere, or rotated away while we look
            continue
        key = (status.st_dev, status.st_ino)
        # By device and inode: a file that is renamed while the folder is listed is found under both names.
        found[key] = Rotated(os.path.join(folder, name), *parts, status.st_mtime_ns, key)
    return list(found.values()), len(found) == len(names)


def open_rotated(path: str, file: Rotated, allowed: Sequence[str] = ()) -> LogFile:
    """Open ``file`` of the log ``path``, wherever rotation has moved it since its name was read.

    Raises NotFound when it is gone, and what ``open_log`` raises.
    """
    name = file.path
    for _ in range(3):
        with suppress(NotFound):
            log = open_log(name, allowed)
            # The name may belong to the next file by now: rotation moves them all up by one.
            if log.key == file.key:
                return log
            log.close()
        found = [other.path for other in rotated_files(path) if other.key == file.key]
        if not found:
            break
        name = found[0]
    raise NotFound("log file", file.path, "rotated away")


def sort_rotated(files: Iterable[Rotated]) -> list[Rotated]:
    """The newest first. Where a file is there plain and compressed, only the plain one."""
    plain = {file.path: file for file in files}
    for path in list(plain):
        for suffix in PACKED:
            if path.endswith(suffix) and path.removesuffix(suffix) in plain:
                plain.pop(path, None)
    numbered = sorted((file for file in plain.values() if not file.date), key=lambda file: file.number)
    dated = sorted((file for file in plain.values() if file.date), key=lambda file: file.date, reverse=True)
    # Both kinds side by side come from a changed configuration: only the times can tell how they interleave.
    return (
        list(heapq.merge(numbered, dated, key=lambda file: -file.modified)) if numbered and dated else numbered + dated
    )
