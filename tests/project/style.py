"""The size and the documentation of the package in one table, and what is larger than it may be.

``python -m tests.project.style`` prints it. It ends with 1 when a folder has too many files, a file or function too
many lines, or imports go in a circle. Generated code is left out. It needs nothing but Python.
"""

from __future__ import annotations

import ast
import io
import statistics
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.package_graph import FILES, ROOT, ours

#: The most that a folder, a file and a function may hold.
FILES_OF_A_FOLDER = 20
LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 60

# A comment to a tool is none to a reader.
_TO_TOOLS = ("# noqa", "# type:", "# pragma", "# fmt:", "#!")
_NOT_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Measured:
    """What one file adds to the table; a share is what there is of how many."""

    lines: int = 0
    code: int = 0
    comments: int = 0
    functions: list[tuple[str, int]] = field(default_factory=list)
    documented: list[bool] = field(default_factory=list)
    classes: list[bool] = field(default_factory=list)
    returns: list[bool] = field(default_factory=list)


def measure(text: str) -> Measured:
    """Measure the text of one file. Code lines are those with code on them, doc strings apart."""
    tree = ast.parse(text)
    measured = Measured(lines=len(text.splitlines()))
    coded: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            measured.comments += not token.string.startswith(_TO_TOOLS)
        elif token.type not in _NOT_CODE:
            coded.update(range(token.start[0], token.end[0] + 1))
    measured.code = len(coded - set(_docstring_lines(tree)))
    for node, is_public in _definitions(tree, is_public=True):
        has_doc = ast.get_docstring(node) is not None
        if isinstance(node, ast.ClassDef):
            measured.classes.append(has_doc)
            continue
        measured.functions.append((node.name, (node.end_lineno or node.lineno) - node.lineno + 1))
        measured.returns.append(node.returns is not None)
        if is_public:
            measured.documented.append(has_doc)
    return measured


def _docstring_lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node) is not None:
            first = node.body[0]
            yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


def _definitions(parent: ast.AST, *, is_public: bool) -> Iterator[tuple[ast.ClassDef | Function, bool]]:
    """Each class and function, and whether its users see it: not behind an underscore, nor inside a function."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.ClassDef | Function):
            is_seen = is_public and not node.name.startswith("_")
            yield node, is_seen
            yield from _definitions(node, is_public=is_seen and isinstance(node, ast.ClassDef))
        else:
            yield from _definitions(node, is_public=is_public)


def table(source: Sequence[Measured], tests: Iterable[Measured], circles: int) -> list[tuple[str, str]]:
    """The rows of the table: what, and how much."""
    lines = [each.lines for each in source]
    functions = [length for each in source for _, length in each.functions]
    code, comments = sum(each.code for each in source), sum(each.comments for each in source)
    return [
        ("files", f"{len(source)}"),
        ("lines/file median, p90, max", f"{_median(lines)} / {_p90(lines)} / {max(lines, default=0)}"),
        ("lines/function median, p90, max", f"{_median(functions)} / {_p90(functions)} / {max(functions, default=0)}"),
        ("public functions with docs", _share(each.documented for each in source)),
        ("classes with docs", _share(each.classes for each in source)),
        ("comments per 100 code lines", f"{100 * comments / max(code, 1):.1f}"),
        ("return types", _share(each.returns for each in source)),
        ("test:src code lines", f"{sum(each.code for each in tests) / max(code, 1):.2f}"),
        ("import cycles", f"{circles}"),
    ]


def _median(values: Sequence[int]) -> int:
    return round(statistics.median(values)) if values else 0


def _p90(values: Sequence[int]) -> int:
    return round(statistics.quantiles(values, n=10, method="inclusive")[-1]) if len(values) > 1 else sum(values)


def _share(parts: Iterable[Sequence[bool]]) -> str:
    flags = [flag for part in parts for flag in part]
    return f"{100 * sum(flags) / len(flags):.0f} % of {len(flags)}" if flags else "none"


def circles_of(arrows: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The groups of names of which each one reaches every other along ``arrows``."""
    reached = {name: _reached(name, arrows) for name in arrows}
    groups = {frozenset(other for other in there if name in reached.get(other, ())) for name, there in reached.items()}
    return sorted(sorted(group) for group in groups if group)


def _reached(start: str, arrows: Mapping[str, Iterable[str]]) -> set[str]:
    seen: set[str] = set()
    pending = list(arrows.get(start, ()))
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += arrows.get(name, ())
    return seen


def arrows_of_files() -> dict[str, set[str]]:
    """Which file of the package imports which, also later and for types only."""
    return {_short(path): {_short(other) for other in ours(path)} for path in FILES}


def arrows_of_rooms(files: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """Which room imports from which beside it: the folders, or files, of a folder in which two files part."""
    arrows: dict[str, set[str]] = {}
    for path, others in files.items():
        for other in others:
            own, theirs = path.split("/"), other.split("/")
            depth = next(index for index, pair in enumerate(zip(own, theirs, strict=False)) if pair[0] != pair[1])
            arrows.setdefault("/".join(own[: depth + 1]), set()).add("/".join(theirs[: depth + 1]))
    return arrows


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def oversized(files: Mapping[str, Measured]) -> list[str]:
    """A line for each folder, file and function that is larger than it may be."""
    folders = Counter(path.rpartition("/")[0] or "." for path in files)
    return [
        *(f"{folder}: {count} files" for folder, count in sorted(folders.items()) if count > FILES_OF_A_FOLDER),
        *(f"{path}: {each.lines} lines" for path, each in files.items() if each.lines > LINES_OF_A_FILE),
        *(
            f"{path}: {name} has {length} lines"
            for path, each in files.items()
            for name, length in each.functions
            if length > LINES_OF_A_FUNCTION
        ),
    ]


def main() -> int:
    """Print the table and what is wrong; 1 when anything is."""
    source = {_short(path): measure(path.read_text()) for path in FILES}
    tests = [measure(path.read_text()) for path in ROOT.parent.joinpath("tests").rglob("*.py")]
    files = arrows_of_files()
    circles = circles_of(files)
    for what, how_much in table(list(source.values()), tests, len(circles)):
        sys.stdout.write(f"{what:32} {how_much}\n")
    around = {tuple(circle) for circle in (*circles, *circles_of(arrows_of_rooms(files)))}
    wrong = [*oversized(source), *(f"circle: {' -> '.join(circle)}" for circle in sorted(around))]
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
