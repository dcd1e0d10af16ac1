"""What each file of the package imports, also later and through importlib, read from its text."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

PACKAGE = "corvo_agent"
ROOT = Path(__file__).resolve().parent.parent / PACKAGE
FILES = sorted(path for path in ROOT.rglob("*.py") if "_generated" not in path.parts)


def name_of(path: Path) -> str:
    """The dotted name of the module in ``path``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join((PACKAGE, *(parts[:-1] if parts[-1] == "__init__" else parts)))


MODULES = {name_of(path): path for path in FILES}
"""Every module of the package but the generated ones, by its dotted name."""


# Imports what the packages hand to it, and tests/test_exports.py holds that these import the same under TYPE_CHECKING.
_LAZY = ROOT / "_lazy.py"


class UnknownImport(Exception):
    """An ``import_module`` whose argument cannot be read from the file's text."""


@cache
def imports(path: Path) -> frozenset[str]:
    """The dotted names of the modules that the file imports anywhere in it, ours and others'.

    A name that is imported from a module stands for the module that has it. Raises UnknownImport.
    """
    tree = ast.parse(path.read_text())
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute("." * node.level + (node.module or ""), path)
            whole = (f"{base}.{alias.name}" for alias in node.names)
            found.update(name if name in MODULES else base for name in whole)
        elif isinstance(node, ast.Call) and _is_import_module(node.func) and path != _LAZY:
            found.update(_named_by_call(node.args[0], tree, path))
    return frozenset(found)


def ours(path: Path) -> list[Path]:
    """The files of the package that the file imports, itself and generated ones left out, in order."""
    return sorted({MODULES[name] for name in imports(path) if name in MODULES} - {path})


def _absolute(name: str, path: Path) -> str:
    if not name.startswith("."):
        return name
    bare = name.lstrip(".")
    level = len(name) - len(bare)
    package = (PACKAGE, *path.relative_to(ROOT).parts[:-1])
    return ".".join((*package[: len(package) - level + 1], *([bare] if bare else [])))


def _is_import_module(function: ast.expr) -> bool:
    match function:
        case ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"):
            return True
    return False


def _named_by_call(argument: ast.expr, tree: ast.Module, path: Path) -> Iterator[str]:
    for text in _texts(argument, tree):
        if text.strip(".*") == "":
            raise UnknownImport(f"{path}:{argument.lineno}: which module? {ast.unparse(argument)}")
        pattern = _absolute(text, path)
        yield from (name for name in MODULES if fnmatchcase(name, pattern)) if "*" in pattern else (pattern,)


def _texts(value: ast.expr, tree: ast.Module) -> list[str]:
    """Each text that the expression may be, with "*" for a part that only a running program knows."""
    match value:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(each) for each in itertools.product(*(_texts(part, tree) for part in parts))]
        case ast.FormattedValue(value=inner):
            return _texts(inner, tree)
        case ast.Name(id=name):
            given = [each for each in _given(name, tree) if isinstance(each, ast.Constant)]
        case ast.Subscript(value=ast.Name(id=name)):
            tables = (each for each in _given(name, tree) if isinstance(each, ast.Dict))
            given = [each for table in tables for each in table.values if isinstance(each, ast.Constant)]
        case _:
            given = []
    return [each.value for each in given if isinstance(each.value, str)] or ["*"]


def _given(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """What the file gives the variable ``name``, in assignments and in loops over what is written out there."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value
            case ast.For(target=ast.Name(id=target), iter=ast.Tuple(elts=values)) if target == name:
                yield from values
