"""Where a function begins, read from its source: py-spy tells the line that runs, pprof's ``-list`` wants the first."""

from __future__ import annotations

import re
from bisect import bisect_right
from pathlib import Path

from .model import Frame

_MAX_BYTES = 4 << 20
_MAX_FILES = 2000
_DEFINITION = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_DECORATOR = re.compile(rb"^[ \t]*@")


class FunctionStarts:
    """Start lines by file and function name; each file is read once, from below ``root``.

    A text search, not a parser: a ``def`` at the beginning of a line inside a long string can mislead it, a file
    that is gone, too long or not Python leaves the start unknown. Blocks on reading files.
    """

    def __init__(self, root: str = "") -> None:
        self._root = root
        self._files: dict[str, dict[str, list[int]]] = {}

    def complete(self, frame: Frame) -> Frame:
        """``frame`` with the line at which its function begins, its decorators included, where that can be found."""
        name = frame.function.rpartition(".")[2]
        if name == "<module>":
            return frame._replace(start_line=1)
        starts = self._starts(frame.filename).get(name, [])
        before = bisect_right(starts, frame.line)
        return frame._replace(start_line=starts[before - 1]) if before else frame

    def _starts(self, filename: str) -> dict[str, list[int]]:
        found = self._files.get(filename)
        if found is None:
            found = _definitions(self._read(filename)) if len(self._files) < _MAX_FILES else {}
            self._files[filename] = found
        return found

    def _read(self, filename: str) -> bytes:
        if not filename.startswith("/") or not filename.endswith(".py"):
            return b""
        try:
            with Path(self._root + filename).open("rb") as file:
                source = file.read(_MAX_BYTES + 1)
        except OSError:
            return b""
        return source if len(source) <= _MAX_BYTES else b""


def _definitions(source: bytes) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    lines = source.split(b"\n")
    line = offset = 0
    for match in _DEFINITION.finditer(source):
        line += source.count(b"\n", offset, match.start())
        offset = match.start()
        start = line
        # The code object of a decorated function begins with its first decorator.
        while start and _DECORATOR.match(lines[start - 1]):
            start -= 1
        found.setdefault(match.group(1).decode("utf-8", "replace"), []).append(start + 1)
    return found
