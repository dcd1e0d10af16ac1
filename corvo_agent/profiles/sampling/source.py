"""Where a function begins, read from its source: py-spy tells the line that runs, pprof's ``-list`` wants the first."""

from __future__ import annotations

import re
from bisect import bisect_right
from pathlib import Path

from ..pprof.model import Frame

_MAX_BYTES = 4 << 20
_MAX_FILES = 2000
_DEFINITION = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_DECORATOR = re.compile(rb"^[ \t]*@")


def start_lines(source: bytes) -> dict[str, list[int]]:
    """The lines at which functions begin, their decorators included, by name, ascending.

    A search, not a parser: a ``def`` at the beginning of a line inside a long string is taken for one.
    """
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
        found.setdefault(match[1].decode("utf-8", "replace"), []).append(start + 1)
    return found


class Sources:
    """Start lines of functions in files, each read once, from below ``root``. Blocks on reading.

    In a file that is gone, longer than 4 MiB or not Python source nothing is found.
    """

    def __init__(self, root: str = "") -> None:
        self._root = root
        self._files: dict[str, dict[str, list[int]]] = {}

    def complete(self, frame: Frame) -> Frame:
        """``frame`` with the line at which its function begins, where that can be found."""
        name = frame.function.rpartition(".")[2]
        if name == "<module>":
            return frame._replace(start_line=1)
        starts = self._starts(frame.filename).get(name, [])
        before = bisect_right(starts, frame.line)
        return frame._replace(start_line=starts[before - 1]) if before else frame

    def _starts(self, filename: str) -> dict[str, list[int]]:
        found = self._files.get(filename)
        if found is None:
            found = start_lines(self._read(filename)) if len(self._files) < _MAX_FILES else {}
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
