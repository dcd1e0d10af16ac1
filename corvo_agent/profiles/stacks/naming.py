"""What a function is called in a profile: ``module.Class.method``, the same from every engine.

pprof adds up functions of equal names, so the module belongs to the name. Inside the process the module comes from
``sys.modules``; of another process only the path of the file is known, and the name follows from the path.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import CodeType

from ..pprof.model import Frame

_LIBRARY = re.compile(r".*/(?:site-packages|dist-packages|lib/python\d+\.\d+(?:/lib-dynload)?)/(?=[^/])")
_FROZEN = re.compile(r"<frozen (.+)>")


def module_of_path(filename: str) -> str:
    """The module that a file most likely is: its path below the library folder, else its bare name.

    ``/usr/lib/python3.11/json/decoder.py`` is ``json.decoder``, ``/srv/app/main.py`` is ``main``, and what is no
    file at all (``<string>``) stays as it is.
    """
    frozen = _FROZEN.fullmatch(filename)
    if frozen is not None:
        return frozen.group(1)
    if not filename or filename.startswith("<"):
        return filename
    library = _LIBRARY.match(filename)
    if library is None:
        return PurePosixPath(filename).stem
    parts = PurePosixPath(filename[library.end() :]).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def loaded_modules() -> dict[str, str]:
    """File name -> module name of what this process has imported; a script run by its path is ``__main__``."""
    found: dict[str, str] = {}
    # A copy: an import in another thread changes the table. Modules may hold anything, also a __file__ of None.
    for name, module in list(sys.modules.items()):
        filename = getattr(module, "__file__", None)
        if isinstance(filename, str) and (name != "__main__" or filename not in found):
            found[filename] = name
    return found


class FunctionNames:
    """Code objects of this process -> frames. Keeps the code objects alive, so one is made for each profile."""

    def __init__(self, modules: Mapping[str, str] | None = None) -> None:
        self._modules = loaded_modules() if modules is None else modules
        self._frames: dict[tuple[int, int], Frame] = {}
        self._codes: dict[int, tuple[CodeType, str, list[int], list[int]]] = {}

    def frame(self, code: CodeType, instruction: int) -> Frame:
        """The frame of ``code`` at the byte offset ``instruction`` (``frame.f_lasti``)."""
        key = (id(code), instruction)
        found = self._frames.get(key)
        if found is None:
            _, name, starts, lines = self._code(code)
            index = bisect_right(starts, instruction) - 1
            line = lines[index] if index >= 0 else code.co_firstlineno
            self._frames[key] = found = Frame(name, code.co_filename, line, code.co_firstlineno)
        return found

    def module(self, filename: str) -> str:
        """The module of a file of this process."""
        return self._modules.get(filename) or module_of_path(filename)

    def _code(self, code: CodeType) -> tuple[CodeType, str, list[int], list[int]]:
        found = self._codes.get(id(code))
        if found is None:
            # Asking a frame for its line walks this table from the start each time; bisecting a copy does not.
            table = [(start, line) for start, _, line in code.co_lines() if line is not None]
            name = f"{self.module(code.co_filename)}.{code.co_qualname}"
            found = (code, name, [start for start, _ in table], [line for _, line in table])
            self._codes[id(code)] = found
        return found
