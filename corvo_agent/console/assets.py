"""Files for browsers: one of them, or a module with all that it imports as one script."""

from __future__ import annotations

import re
from importlib.resources import files

# A module of ours names what it takes on one line, and exports where it declares.
_IMPORT = re.compile(r"^import .*? from \"\./([\w-]+\.js)\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def asset(folder: str, name: str) -> str:
    """The text of the file ``name`` in ``folder``; raises FileNotFoundError."""
    return files("corvo_agent.console").joinpath(folder, name).read_text("utf-8")


def bundle(folder: str, name: str) -> str:
    """The module ``name`` and all that it imports as one script, for a page that has to need no other file.

    What is imported comes first, and each module once. Modules of one folder do not use a name twice.
    """
    parts: dict[str, str] = {}

    def add(module: str) -> None:
        if module in parts:
            return
        text = asset(folder, module)
        # Entered before its imports are followed, so that a circle ends.
        parts[module] = ""
        for imported in _IMPORT.findall(text):
            add(imported)
        del parts[module]
        parts[module] = _EXPORT.sub("", _IMPORT.sub("", text))

    add(name)
    return "\n".join(parts.values())
