"""Files for browsers: one of them, all of them, or a module with all that it imports as one script."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

#: What a file is to a browser, by the end of its name.
MEDIA_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

# A module of ours names what it takes on one line, and exports where it declares.
_IMPORT = re.compile(r"^import .*? from \"(\.{1,2}/[\w./-]+\.js)\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def asset(folder: str, name: str) -> str:
    """The text of the file ``name`` in ``folder``; raises FileNotFoundError."""
    return _root().joinpath(folder, name).read_text("utf-8")


def all_assets() -> dict[str, bytes]:
    """All files, by their paths below the console: ``index.html``, ``shell/main.js``."""
    return dict(_walk(_root(), ""))


def bundle(folder: str, name: str) -> str:
    """The module ``name`` and all that it imports as one script, for a page that has to need no other file.

    What is imported comes first, and each module once. Modules that are bundled do not use a name twice.
    """
    parts: dict[str, str] = {}

    def add(path: str) -> None:
        if path in parts:
            return
        within = posixpath.dirname(path)
        text = asset(within, posixpath.basename(path))
        # Entered before its imports are followed, so that a circle ends.
        parts[path] = ""
        for imported in _IMPORT.findall(text):
            add(posixpath.normpath(posixpath.join(within, imported)))
        del parts[path]
        parts[path] = _EXPORT.sub("", _IMPORT.sub("", text))

    add(f"{folder}/{name}")
    return "\n".join(parts.values())


def _root() -> Traversable:
    return files("corvo_agent.console")


def _walk(folder: Traversable, within: str) -> Iterator[tuple[str, bytes]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _walk(each, f"{within}{each.name}/")
        elif posixpath.splitext(each.name)[1] in MEDIA_TYPES:
            yield within + each.name, each.read_bytes()
