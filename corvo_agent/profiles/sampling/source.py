"""Where a function begins, read from its source: py-spy tells the line that runs, pprof's ``-list`` wants the first.

And in which class it stands, which Python tells from 3.11 on only.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple

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


class Definition(NamedTuple):
    """A function in a source: its first and last line, decorators included, and its qualified name."""

    first: int
    last: int
    qualified: str


def definitions(source: bytes) -> dict[str, list[Definition]]:
    """The functions in ``source`` by their bare names, outer ones first; none when it is not Python as we know it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, list[Definition]] = {}
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, prefix = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found.setdefault(node.name, []).append(
                Definition(first, node.end_lineno or node.lineno, prefix + node.name)
            )
            prefix += f"{node.name}.<locals>."
        elif isinstance(node, ast.ClassDef):
            prefix += f"{node.name}."
        waiting += [(child, prefix) for child in ast.iter_child_nodes(node)]
    return found


class Sources:
    """Start lines of functions in files, each read once, from below ``root``. Blocks on reading.

    In a file that is gone, longer than 4 MiB or not Python source nothing is found.
    """

    def __init__(self, root: str = "") -> None:
        self._root = root
        self._files: dict[str, dict[str, list[int]]] = {}
        self._definitions: dict[str, dict[str, list[Definition]]] = {}

    def qualified(self, name: str, filename: str, line: int) -> str:
        """The qualified name of the function ``name`` that ``line`` is in; ``name`` itself where that is not found."""
        found = self._definitions.get(filename)
        if found is None:
            found = definitions(self._read(filename)) if len(self._definitions) < _MAX_FILES else {}
            self._definitions[filename] = found
        around = [each for each in found.get(name, ()) if each.first <= line <= each.last]
        # The innermost of those that stand in each other.
        return max(around, key=lambda each: each.first).qualified if around else name

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
