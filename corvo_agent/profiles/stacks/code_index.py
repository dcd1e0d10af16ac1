"""Line -> function, for what tells a file and a line only, such as tracemalloc.

The functions come from the modules' own code, as their loaders give it: usually from the cached byte code, so that
nothing is parsed. Loading one module's code keeps the interpreter lock for some milliseconds at most; a script that
has no cache is compiled once.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from types import CodeType, ModuleType

from ..pprof.model import Frame
from .naming import ModuleNames, loaded_modules


class CodeIndex:
    """Frames of this process by file and line. Blocks on reading byte code: for a thread."""

    def __init__(self) -> None:
        self._loaded = loaded_modules()
        self._modules = ModuleNames(self._loaded)
        self._files: dict[str, tuple[list[int], list[CodeType]]] = {}
        self._frames: dict[tuple[str, int], Frame] = {}

    def frame(self, filename: str, line: int) -> Frame:
        """The frame of the innermost function that has code on ``line``; only its module when that is not known."""
        found = self._frames.get((filename, line))
        if found is None:
            module = self._modules.of(filename)
            lines, codes = self._file(filename)
            index = bisect_right(lines, line) - 1
            if index >= 0 and lines[index] == line:
                code = codes[index]
                found = Frame(f"{module}.{code.co_qualname}", filename, line, code.co_firstlineno)
            else:
                found = Frame(module or "[no Python frame]", filename, line)
            self._frames[filename, line] = found
        return found

    def _file(self, filename: str) -> tuple[list[int], list[CodeType]]:
        found = self._files.get(filename)
        if found is None:
            by_line: dict[int, CodeType] = {}
            module = sys.modules.get(self._loaded.get(filename, ""))
            for code in _codes(_code_of(module, filename)):
                lines_of = {line for _, _, line in code.co_lines() if line is not None}
                # The line of an inner function's ``def`` is run by the outer one, unless all of it stands there;
                # and what has no name shares a line with its surroundings more often than not.
                if len(lines_of) > 1 or code.co_name.startswith("<"):
                    lines_of.discard(code.co_firstlineno)
                by_line.update(dict.fromkeys(lines_of, code))
            lines = sorted(by_line)
            self._files[filename] = found = (lines, [by_line[line] for line in lines])
        return found


def _code_of(module: ModuleType | None, filename: str) -> CodeType | None:
    if module is None:
        return None
    name = getattr(module.__spec__, "name", module.__name__)
    # Loaders that rewrite what they load (pytest's) have no code to give: then it is that of the file.
    get_code = (
        getattr(getattr(module, "__loader__", None), "get_code", None) or SourceFileLoader(name, filename).get_code
    )
    try:
        code = get_code(name)
    except (ImportError, OSError, SyntaxError, ValueError):
        # Gone or changed since it was imported, or no source at all.
        return None
    return code if isinstance(code, CodeType) else None


def _codes(code: CodeType | None) -> Iterator[CodeType]:
    if code is not None:
        yield code
        for constant in code.co_consts:
            # The function that evaluates annotations (PEP 649) claims the lines of those who carry them.
            if isinstance(constant, CodeType) and constant.co_name != "__annotate__":
                yield from _codes(constant)
