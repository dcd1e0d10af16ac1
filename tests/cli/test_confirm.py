"""More than one module is touched only by who was asked, or said so before."""

from __future__ import annotations

import io
import sys

import click
import pytest

from corvo_agent.cli.confirm import confirm
from corvo_agent.errors import InvalidArgument

TWO = ["n1-a", "n1-b"]


class Typed(io.StringIO):
    """What a person types at a terminal."""

    def isatty(self) -> bool:
        return True


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", Typed(text))


@pytest.mark.parametrize(("names", "yes"), [([], False), (["n1-a"], False), (TWO, True)])
def test_nobody_is_asked_about_one_or_after_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], names: list[str], yes: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    confirm("Delete", names, yes=yes)
    assert capsys.readouterr() == ("", "")


def test_a_question_names_what_is_touched_and_counts_the_rest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, "y\n")
    names = [f"n{number}-a" for number in range(13)]
    confirm("Delete", names, yes=False)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [name for name in names if f"  {name}\n" in shown.err] == names[:10]
    assert "3 more" in shown.err
    assert "Delete 13 modules?" in shown.err


@pytest.mark.parametrize("text", ["n\n", "\n", ""])
def test_anything_but_yes_aborts(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    answer(monkeypatch, text)
    with pytest.raises(click.Abort):
        confirm("Delete", TWO, yes=False)


def test_where_there_is_no_terminal_the_option_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(InvalidArgument, match=r"delete 2 .*--yes"):
        confirm("Delete", TWO, yes=False)
