"""What a function is called in a profile: ``module.Class.method``, the same from every engine.

pprof adds up functions of equal names, so the module belongs to the name, and no two files may share one. Inside the
process the module comes from ``sys.modules``; of another process only the paths of its files are known: the name is
made of the packages around a file, and of its folders where that is not enough.
"""

from __future__ import annotations

import os
import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from types import CodeType

from ..pprof.model import Frame

_LIBRARY = re.compile(r".*/(?:site-packages|dist-packages|lib/python\d+\.\d+(?:/lib-dynload)?)/(?=[^/])")
_FROZEN = re.compile(r"<frozen (.+)>")


def module_of_path(filename: str, root: str = "") -> str:
    """The module that a file most likely is: its path below the library folder, else below its outermost package.

    ``/usr/lib/python3.11/json/decoder.py`` is ``json.decoder``, ``/srv/shop/views.py`` is ``shop.views`` where
    ``/srv/shop/__init__.py`` exists below ``root`` and ``views`` where it does not, and what is no file at all
    (``<string>``) stays as it is. Blocks on asking for files.
    """
    frozen = _FROZEN.fullmatch(filename)
    if frozen is not None:
        return frozen.group(1)
    if _is_no_file(filename):
        return filename
    library = _LIBRARY.match(filename)
    if library is not None:
        parts = PurePosixPath(filename[library.end() :]).with_suffix("").parts
    else:
        parts = _in_packages(PurePosixPath(filename), root)
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def is_library(filename: str) -> bool:
    """Whether a file belongs to Python or to an installed library; what is no file (``<frozen runpy>``) does, too."""
    return _is_no_file(filename) or _LIBRARY.match(filename) is not None


def library_path(filename: str) -> str:
    """``asyncio/queues.py`` of a library's file, below the folder of all libraries; "" of another file."""
    library = _LIBRARY.match(filename)
    return "" if library is None else filename[library.end() :]


def _is_no_file(filename: str) -> bool:
    return not filename or filename.startswith("<")


def _in_packages(path: PurePosixPath, root: str) -> tuple[str, ...]:
    parts = [path.stem]
    # The folder that a relative path begins in is not known.
    for folder in path.parents if path.is_absolute() else ():
        if not folder.name or not os.path.isfile(f"{root}{folder}/__init__.py"):
            break
        parts.append(folder.name)
    return tuple(reversed(parts))


class ModuleNames:
    """The modules of files, no two files of one name.

    ``known`` are names that are certain. Files that are learned together and would share a name get their parent
    folders in front of it, as many as it takes: ``a.views`` and ``b.views``. ``root`` is where the files are to be
    found: ``/proc/PID/root`` of another process. Blocks on asking for files.
    """

    def __init__(self, known: Mapping[str, str] | None = None, root: str = "") -> None:
        self._root = root
        self._names: dict[str, str] = dict(known or {})
        self._taken = set(self._names.values())

    def of(self, filename: str) -> str:
        """The module of ``filename``."""
        if filename not in self._names:
            self.learn((filename,))
        return self._names[filename]

    def learn(self, filenames: Iterable[str]) -> None:
        """Choose the names of those files that have none yet."""
        alike: dict[str, list[str]] = {}
        for filename in sorted(set(filenames) - self._names.keys()):
            alike.setdefault(module_of_path(filename, self._root), []).append(filename)
        for module, files in alike.items():
            # A frozen module may be known by the file that it was frozen from: that is no other one.
            if len(files) == 1 and (module not in self._taken or _is_no_file(files[0])):
                self._name(files[0], module)
            else:
                self._tell_apart(module, files)

    def _tell_apart(self, module: str, files: list[str]) -> None:
        folders = {filename: _around(PurePosixPath(filename), module) for filename in files}
        for count in range(1, max(map(len, folders.values())) + 1):
            longer = {filename: ".".join((*parts[-count:], module)) for filename, parts in folders.items()}
            if len(set(longer.values())) == len(files) and self._taken.isdisjoint(longer.values()):
                break
        else:
            # Such as a.py and a.so in one folder.
            longer = {filename: filename for filename in files}
        for filename, name in longer.items():
            self._name(filename, name)

    def _name(self, filename: str, module: str) -> None:
        self._names[filename] = module
        self._taken.add(module)


def _around(path: PurePosixPath, module: str) -> tuple[str, ...]:
    """The folders of a file but for those that are in the name of its module already."""
    folders = tuple(part for part in path.parts[:-1] if part != "/")
    return folders[: len(folders) - module.count(".") - (path.stem == "__init__")]


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
        self._modules = ModuleNames(loaded_modules() if modules is None else modules)
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

    def learn(self, filenames: Iterable[str]) -> None:
        """Choose the modules of all these files before the first frame is named, so that they are told apart alike."""
        self._modules.learn(filenames)

    def module(self, filename: str) -> str:
        """The module of a file of this process."""
        return self._modules.of(filename)

    def _code(self, code: CodeType) -> tuple[CodeType, str, list[int], list[int]]:
        found = self._codes.get(id(code))
        if found is None:
            # Asking a frame for its line walks this table from the start each time; bisecting a copy does not.
            table = [(start, line) for start, _, line in code.co_lines() if line is not None]
            name = f"{self.module(code.co_filename)}.{code.co_qualname}"
            found = (code, name, [start for start, _ in table], [line for _, line in table])
            self._codes[id(code)] = found
        return found
