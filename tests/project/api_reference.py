"""The reference of the public names, made from their docstrings by pdoc.

``python -m tests.project.api_reference [FOLDER]`` writes it into build/docs. It ends with 1, and writes nothing, when a
public name or a public method of one has no docstring: the page would be empty there.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from pdoc import render
from pdoc.doc import Class, Doc, Module, Variable

from tests.package_graph import PACKAGE, ROOT

from .public import FILES, INITS, comment_of, declared, package_of


def public_modules() -> dict[str, Module]:
    """All that is public, by the dotted name of its place."""
    found = {}
    for init in INITS:
        homes = {name: init.parent.joinpath(*file.split(".")) for name, file in declared(init)[0].items()}
        found[package_of(init)] = described(package_of(init), homes)
    for file in FILES:
        module = importlib.import_module(f"{PACKAGE}.{file}")
        found[module.__name__] = described(module.__name__, dict.fromkeys(module.__all__, ROOT / file))
    for name, described_one in found.items():
        # pdoc links from a package to no module that its __all__ does not name.
        described_one.submodules = [each for other, each in found.items() if other.rpartition(".")[0] == name]
    return found


def described(name: str, homes: Mapping[str, Path]) -> Module:
    """The module with its public names in it, which come when they are first used, and what their files say of them.

    pdoc does not know the ``#:`` lines above a constant.
    """
    module = importlib.import_module(name)
    for public in module.__all__:
        getattr(module, public)
    described = Module(module)
    for member in described.members.values():
        if isinstance(member, Variable) and not member.docstring:
            member.docstring = comment_of(member.name, source_of(homes[member.name]))
    return described


def source_of(home: Path) -> str:
    path = home.with_name(f"{home.name}.py")
    return (path if path.exists() else home / "__init__.py").read_text()


def undocumented(place: Module | Class) -> Iterator[str]:
    """The full names in it that a reader would see without a word: classes, functions, methods and properties."""
    for member in place.members.values():
        if member.name.startswith("_") or not is_ours(member, place):
            continue
        if not member.docstring.strip():
            yield member.fullname
        if isinstance(member, Class):
            yield from undocumented(member)


def is_ours(member: Doc[object], place: Module | Class) -> bool:
    """Whether it has to have a docstring here: what is inherited has its own elsewhere, a class tells of its fields."""
    if isinstance(place, Class) and (
        member.taken_from[1] != member.qualname or (isinstance(member, Variable) and not is_property(member, place))
    ):
        return False
    return member.taken_from[0].split(".")[0] == PACKAGE


def is_property(member: Variable, place: Class) -> bool:
    return isinstance(vars(place.obj).get(member.name), property | cached_property)


def main(folder: Path) -> int:
    """Check, then write the pages; the exit code."""
    # Where pdoc cannot resolve an annotation it shows it as it is written, which is what a reader needs.
    warnings.filterwarnings("ignore", "Error parsing type annotation")
    modules = public_modules()
    bare = [name for name, module in modules.items() if not module.docstring]
    bare += sorted({name for module in modules.values() for name in undocumented(module)})
    if bare:
        sys.stdout.write("".join(f"{name} has no docstring\n" for name in bare))
        return 1
    render.configure(docformat="google")
    pages = {f"{name.replace('.', '/')}.html": render.html_module(module, modules) for name, module in modules.items()}
    pages |= {"index.html": render.html_index(modules), "search.js": render.search_index(modules)}
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    sys.stdout.write(f"{len(modules)} modules: open {folder / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "build" / "docs"))
