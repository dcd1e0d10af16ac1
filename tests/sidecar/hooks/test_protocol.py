"""The words in which other programs are told of a level, and loggers that cannot be passed on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.levels.level import Level
from corvo_agent.sidecar.hooks.protocol import LEVEL_NAMES, LevelChange, placeholders


@pytest.mark.parametrize("level", Level)
def test_every_level_has_a_name_that_other_programs_know(level: Level) -> None:
    assert LEVEL_NAMES[level] == level.text.lower()


def test_placeholders_have_the_words_of_the_program() -> None:
    names = {Level.WARN: "Warning"}
    change = LevelChange(Level.WARN, "a.b")
    assert placeholders(change, names) == {"level": "Warning", "LEVEL": "WARNING", "logger": "a.b"}
    # A level that the program's own list leaves out has our name.
    assert placeholders(LevelChange(Level.ERROR), names) == {"level": "error", "LEVEL": "ERROR", "logger": ""}


@pytest.mark.parametrize("logger", ["-v", "--config=/x", "a\nb", "a\x00b", "a\x1b[2J", "a\u2028b", "x" * 201])
def test_a_name_that_may_be_taken_for_something_else_is_refused(logger: str) -> None:
    with pytest.raises(InvalidArgument, match="not a name that a level hook can pass on"):
        LevelChange(Level.DEBUG, logger)


@given(st.text(max_size=210))
def test_what_is_accepted_is_one_printable_word_of_bounded_length(logger: str) -> None:
    try:
        change = LevelChange(Level.DEBUG, logger)
    except InvalidArgument:
        return
    assert placeholders(change)["logger"] == logger
    assert len(logger) <= 200
    assert logger.isprintable()
    assert not logger.startswith("-")
