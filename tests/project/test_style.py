"""The table counts what it says, and what is too large or goes in a circle is named."""

from __future__ import annotations

import pytest

from .style import LINES_OF_A_FILE, Measured, arrows_of_rooms, circles_of, measure, oversized, table

TEXT = '''\
"""A file.

Of two paragraphs.
"""

import os  # for a reader
import re  # noqa: F401

# Why it is so.
LONG = """text
that is code"""


class Seen:
    """A class."""

    def method(self) -> int:
        """With a doc."""

        def inner():
            return 2

        return 1

    def bare(self, other):
        return other


class _Hidden:
    async def method(self) -> None:
        pass
'''


def test_a_file_is_measured() -> None:
    found = measure(TEXT)
    assert (found.lines, found.comments) == (31, 2)
    assert found.code == 14
    assert found.functions == [("method", 7), ("inner", 2), ("bare", 2), ("method", 2)]
    assert (found.documented, found.classes) == ([True, False], [True, False])
    assert found.returns == [True, False, False, True]


def test_the_table_sums_up() -> None:
    rows = dict(table([measure(TEXT), Measured(lines=11)], [measure(TEXT)], circles=0))
    assert rows["files"] == "2"
    assert rows["lines/file median, p90, max"] == "21 / 29 / 31"
    assert rows["public functions with docs"] == "50 % of 2"
    assert rows["return types"] == "50 % of 4"
    assert rows["test:src code lines"] == "1.00"
    assert rows["comments per 100 code lines"] == "14.3"


def test_an_empty_tree_has_a_table_too() -> None:
    assert dict(table([], [], circles=0))["lines/file median, p90, max"] == "0 / 0 / 0"


def test_what_is_too_large_is_named() -> None:
    files = {f"logs/f{number}.py": Measured() for number in range(21)}
    files["a.py"] = Measured(lines=LINES_OF_A_FILE + 1, functions=[("f", 61), ("g", 60)])
    assert oversized(files) == ["logs: 21 files", "a.py: 401 lines", "a.py: f has 61 lines"]


@pytest.mark.parametrize(
    ("arrows", "circles"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, []),
        ({"a": ["b"], "b": ["a"], "c": ["a"]}, [["a", "b"]]),
        ({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["e"], "e": ["d"]}, [["a", "b", "c"], ["d", "e"]]),
    ],
)
def test_circles_are_found(arrows: dict[str, list[str]], circles: list[list[str]]) -> None:
    assert circles_of(arrows) == circles


def test_rooms_are_what_two_files_part_in() -> None:
    files = {"logs/tail/a.py": ["logs/search/b.py", "levels/c.py"], "logs/search/d.py": ["logs/tail/a.py"]}
    arrows = arrows_of_rooms(files)
    assert arrows == {"logs/tail": {"logs/search"}, "logs": {"levels"}, "logs/search": {"logs/tail"}}
    assert circles_of(arrows) == [["logs/search", "logs/tail"]]
