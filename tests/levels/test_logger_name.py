"""Names of loggers that other programs would take for something else are refused."""

from __future__ import annotations

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.levels.logger_name import MAX_LOGGER_NAME, check_logger_name, shown_logger_name


@pytest.mark.parametrize("name", ["", "root", "com.example.Main", "a/b", "a-b", "...", "größe", "x" * MAX_LOGGER_NAME])
def test_a_usual_name_passes(name: str) -> None:
    check_logger_name(name)


@pytest.mark.parametrize("name", ["-x", "--all", ".", "..", "a\nb", "a\0", "\x1b[1m", "\u202e", "x" * 201, "\ud800"])
def test_what_could_be_taken_for_something_else_does_not(name: str) -> None:
    with pytest.raises(InvalidArgument, match="logger"):
        check_logger_name(name)


def test_a_name_is_shown_on_one_line() -> None:
    assert shown_logger_name("a\nb\x1b") == r"a\nb\x1b"
    assert len(shown_logger_name("x" * 10_000)) < 300
