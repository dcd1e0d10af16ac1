"""Tables that fit and cut nothing off, whatever the width."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from corvo_agent.cli.show.tables import draw
from tests.cli.kit import Stream


def drawn(width: int, headers: tuple[str, ...], *rows: tuple[str, ...]) -> list[str]:
    stream = Stream()
    draw(headers, rows, Console(file=stream, width=width))
    return [line.rstrip() for line in stream.text.splitlines()]


def test_a_terminal_without_a_width_has_an_ordinary_one() -> None:
    assert drawn(0, ("NAME",), ("node1-pen-npm",)) == drawn(80, ("NAME",), ("node1-pen-npm",))


@pytest.mark.parametrize("width", [30, 46, 80, 200])
def test_a_table_fits_and_every_name_is_whole(width: int) -> None:
    headers = ("NAME", "LEVEL", "NODE", "CATEGORY")
    names = ["node1-pen-npm", "node2-a-longer-name"]
    lines = drawn(width, headers, *((name, "Debug", "node1", "a category of many words") for name in names))
    assert max(map(len, lines)) <= width
    for name in names:
        assert any(name in line for line in lines)
    assert "…" not in "".join(lines)
    assert "".join(lines).replace(" ", "").count("Debug") == 2


@pytest.mark.parametrize(("width", "lines"), [(60, 2), (80, 3)])
def test_columns_stand_close_together_before_rows_become_records(width: int, lines: int) -> None:
    headers = ("NAME", "STATUS", "AGE", "LEVEL", "ERRORS", "RESTARTS", "WORKERS")
    shown = [line for line in drawn(width, headers, ("node1-checkout", "live", "9s", "Debug", "1", "0", "2")) if line]
    assert [line.split() for line in shown if "node1" in line or "NAME" in line] == [
        list(headers),
        ["node1-checkout", "live", "9s", "Debug", "1", "0", "2"],
    ]
    assert len(shown) == lines


def test_a_table_without_rows_is_its_head() -> None:
    assert [line.split() for line in drawn(80, ("NAME", "LEVEL")) if "NAME" in line] == [["NAME", "LEVEL"]]


def test_where_columns_do_not_fit_each_row_is_a_record() -> None:
    lines = drawn(24, ("NAME", "LEVEL", "REASON"), ("node1-pen-npm", "Debug", "slow"), ("n2", "Info", ""))
    assert [line.split() for line in lines if line] == [
        ["NAME", "node1-pen-npm"],
        ["LEVEL", "Debug"],
        ["REASON", "slow"],
        ["NAME", "n2"],
        ["LEVEL", "Info"],
        ["REASON"],
    ]


WORDS = st.text("ab[]", min_size=1, max_size=12)


# From a width on at which the longest word fits beside its title: a longer one is folded.
@settings(deadline=None)
@given(st.integers(18, 60), st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=4))
def test_every_cell_is_whole_somewhere(width: int, rows: list[tuple[str, ...]]) -> None:
    lines = drawn(width, ("NAME", "B", "C"), *rows)
    assert all(len(line) <= width for line in lines)
    for name, *_ in rows:
        assert any(name in line for line in lines)
    text = "".join(lines)
    assert "…" not in text
    for letter in "ab[]":
        assert text.count(letter) == sum(cell.count(letter) for row in rows for cell in row)


def test_a_wide_character_takes_the_room_of_two() -> None:
    lines = drawn(30, ("NAME", "VALUE"), ("北京北京北京", "x"), ("n", "y"))
    assert any("北京北京北京" in line for line in lines)
    assert all(cell_len(line) <= 30 for line in lines)


LEVELS = ("NAME", "STATUS", "AGE", "LEVEL", "ERRORS", "RESTARTS", "WORKERS", "NODE", "CATEGORY", "BY", "REASON")
LONG = ("node1-a-service-with-a-rather-long-name-of-its-own", "no-agent", "9s", "as-configured", "1", "0", "2", "node1")


def test_words_are_not_broken_in_several_columns() -> None:
    row = (*LONG, "Venice", "ada@node1", "orders vanish")
    for width in (120, 150):
        words = [word for line in drawn(width, LEVELS, row) for word in line.split()]
        assert [word for cell in row for word in cell.split() if word not in words] == []


def test_of_one_column_words_are_broken_rather_than_each_row_made_a_record() -> None:
    headers, row = LEVELS[:6], ("node1-pen-spyglass", *LONG[1:6])
    lines = drawn(60, headers, row)
    assert next(line for line in lines if "NAME" in line).split() == list(headers)
    assert next(line for line in lines if "node1" in line).split()[:3] == ["node1-pen-spyglass", "no-agent", "9s"]
