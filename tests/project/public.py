"""Where the package says what is public: the ``__init__`` of each folder, and a few whole files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.package_graph import PACKAGE, ROOT

INITS = sorted(path for path in ROOT.rglob("__init__.py") if "_generated" not in path.parts)
# Files that are public as they are, beside the packages.
FILES = ("clock", "embedded", "errors", "testing")


def package_of(init: Path) -> str:
    """The dotted name of the package of an ``__init__`` file."""
    return ".".join((PACKAGE, *init.parent.relative_to(ROOT).parts))


def declared(init: Path) -> tuple[dict[str, str], dict[str, str], set[str]]:
    """The file of each name as type checkers see it and as the lazy table has it, and the names imported at once."""
    typed: dict[str, str] = {}
    lazy: dict[str, str] = {}
    eager: set[str] = set()
    for node in ast.parse(init.read_text()).body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for each in node.body:
                assert isinstance(each, ast.ImportFrom)
                assert each.level == 1
                typed |= {alias.asname or alias.name: each.module or "" for alias in each.names}
            (assignment,) = node.orelse
            assert isinstance(assignment, ast.Assign)
            assert isinstance(assignment.value, ast.Call)
            for home, names in ast.literal_eval(assignment.value.args[1]).items():
                lazy |= dict.fromkeys(names, home)
        elif isinstance(node, ast.ImportFrom) and node.level and not (node.module or "").endswith("_lazy"):
            typed |= {alias.name: node.module or "" for alias in node.names}
            eager |= {alias.name for alias in node.names}
    return typed, lazy, eager


def comment_of(name: str, text: str) -> str:
    """What the ``#:`` lines above the constant or type ``name`` say of it in the text of its file, if anything."""
    found = re.search(rf"((?:^#: .*\n)*)^{name}\b.*=", text, re.MULTILINE)
    return "\n".join(line.removeprefix("#: ") for line in found[1].splitlines()) if found else ""
