"""What a person reads of errors: within the width of the terminal, nothing obeyed, nothing left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.cli.logs.error_report import ModuleErrors, newest_text, report
from corvo_agent.logs.errors.groups import MOST_KINDS, group_errors


def errors(*texts: str) -> ModuleErrors:
    return ModuleErrors("node1-mail", group_errors({"level": "error", "msg": text} for text in texts))


def test_those_without_errors_are_one_line_and_unknown_ones_none() -> None:
    fine = [ModuleErrors(name, group_errors([])) for name in ("a", "b")]
    lines = list(report([errors("x"), *fine, ModuleErrors("c", unknown="away")], "10m", colour=False))
    assert lines == [
        "node1-mail: 1 error of 1 kind since 10m",
        "      1  error",
        "         x",
        "no errors since 10m: a, b",
    ]


def test_the_newest_is_told_where_it_says_more_than_its_kind() -> None:
    lines = list(report([errors("order 1 lost", "order 2 lost")], "10m", colour=False))
    assert [line.strip() for line in lines[2:]] == ["order <n> lost", "newest: order 2 lost"]


def test_further_kinds_are_counted() -> None:
    many = errors(*("x" * (number + 1) for number in range(MOST_KINDS + 3)))
    assert list(report([many], "10m", colour=False))[-1].split() == ["3", "of", "other", "kinds"]
    assert list(many.rows())[-1][1] == 3


@given(st.text(), st.integers(40, 250))
def test_no_line_is_wider_than_the_terminal(text: str, columns: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        for line in report([errors(text)], "10m", colour=False):
            assert line.isprintable()
            assert len(line) <= columns


def test_an_error_without_a_message_shows_its_error() -> None:
    found = group_errors([{"level": "error", "error": "timed out\nlater"}])
    assert newest_text(found.groups[0]) == "timed out"
