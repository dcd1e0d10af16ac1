"""Which logs patterns name: paths, or patterns with ``*``, ``?``, ``[`` and ``**`` (any folders below)."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Collection, Container, Iterator, Sequence

from ...errors import InvalidArgument
from .rotated_name import bases_of, read_rotated_name

_ESCAPED = re.compile(r"\[([*?[])\]")
_FOLDERS = 10_000  # that ``**`` may lead through


def literal_path(pattern: str) -> str | None:
    """The one path that ``pattern`` names; None when it is a pattern.

    A file that is there and has the pattern for a name is meant itself; ``[[]`` stands for ``[`` at all times.
    """
    bare = _ESCAPED.sub("", pattern)
    if not glob.has_magic(bare):
        return _ESCAPED.sub(r"\1", pattern)
    return pattern if os.path.lexists(pattern) else None


def expand(patterns: Sequence[str], known: Collection[str] = ()) -> list[str]:
    """The logs that ``patterns`` name, sorted: plain paths as they are, existing files for patterns.

    Files that rotation made of another one that is named, or of one of ``known``, belong to that one. A file that is
    named twice, by links or otherwise, is there once. Raises InvalidArgument for a pattern that leads through too many
    folders.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        path = literal_path(pattern)
        found.update(dict.fromkeys(sorted(_matching(pattern)) if path is None else [path]))
    # *.log also matches app-20190510.log, whose lines belong to the history of app.log.
    logs = [path for path in found if not _is_rotated(path, found, known)]
    return _each_once(logs) if len(logs) > 1 else logs


def _is_rotated(path: str, *others: Container[str]) -> bool:
    """Whether rotation made ``path`` of one of the others; not if it may be a log of its own as well."""
    folder, name = os.path.split(path)
    for base in bases_of(name):
        whole = os.path.join(folder, base)
        if any(whole in each for each in others):
            said = read_rotated_name(name, base)
            return said is not None and not said.is_doubtful
    return False


def _each_once(paths: list[str]) -> list[str]:
    """Each file by one of its names: one that is no link, if there is one."""
    names: dict[tuple[int, int], str] = {}
    left_out: set[str] = set()
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:  # not there yet
            continue
        key = (status.st_dev, status.st_ino)
        other = names.setdefault(key, path)
        if other != path:
            second = other if os.path.islink(other) and not os.path.islink(path) else path
            names[key] = path if second == other else other
            left_out.add(second)
    return [path for path in paths if path not in left_out]


def _matching(pattern: str) -> Iterator[str]:
    start, stars, rest = _split(pattern)
    if not stars:
        yield from glob.iglob(pattern)
        return
    for folder in glob.glob(start) if glob.has_magic(start) else [start]:
        for path in _below(folder, pattern):
            yield from _matching(os.path.join(glob.escape(path), rest))


def _split(pattern: str) -> tuple[str, bool, str]:
    """What stands before and behind the first ``**``, and whether there is one."""
    parts = pattern.split("/")
    if "**" not in parts:
        return "", False, pattern
    at = parts.index("**")
    return "/".join(parts[:at]) or ("/" if at else ""), True, "/".join(parts[at + 1 :]) or "*"


def _below(folder: str, pattern: str) -> Iterator[str]:
    """``folder`` and every folder below it, without hidden ones and links: those may lead back."""
    for count, (path, names, _) in enumerate(os.walk(folder or os.curdir)):
        if count >= _FOLDERS:
            raise InvalidArgument("log file", pattern, f"it leads through more than {_FOLDERS} folders")
        names[:] = [name for name in names if not name.startswith(".")]
        yield path if folder else os.path.relpath(path).removeprefix(os.curdir)
