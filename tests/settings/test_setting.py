"""One setting reads the same value from a command line, a variable and a TOML file, and names what is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import ConfigError
from corvo_agent.settings.setting import (
    Setting,
    above_zero,
    check_pair,
    check_settings,
    duration_text,
    not_negative,
    setting,
    settings_of,
)


@dataclass(frozen=True)
class Pump:
    """A program to be told things."""

    name: str = setting("", "What it is called.", metavar="NAME")
    dry: bool = setting(False, "Pump nothing.")
    max_lines: int = setting(7, "How many.", check=above_zero)
    pause: float = setting(90.0, "How long it rests.", option="rest", check=not_negative)
    parts: tuple[int, ...] = setting(
        (), "What it is made of.", variable="PARTS", read_item=lambda text, what: len(text)
    )
    key: str = setting("", "Opens it.", secret=True)
    lock: str = setting("", "Is opened.")
    inner: int = 3


NAME, DRY, MAX_LINES, REST, PARTS, KEY, LOCK = settings_of(Pump)


def test_each_spelling_follows_from_the_field_unless_it_is_given() -> None:
    assert (MAX_LINES.field, MAX_LINES.option, MAX_LINES.variable) == ("max_lines", "max-lines", "CORVO_MAX_LINES")
    assert (REST.field, REST.option, REST.variable) == ("pause", "rest", "CORVO_REST")
    assert (PARTS.option, PARTS.variable) == ("parts", "PARTS")


def test_a_field_that_is_no_setting_is_left_alone() -> None:
    assert "inner" not in [each.field for each in settings_of(Pump)]


@pytest.mark.parametrize(
    ("each", "text", "value"),
    [
        (NAME, "a b", "a b"),
        (DRY, "true", True),
        (DRY, "Off", False),
        (MAX_LINES, "12", 12),
        (REST, "5m", 300.0),
        (REST, "1h30m", 5400.0),
        (REST, "250ms", 0.25),
        (REST, "45", 45.0),
        (REST, "1.5", 1.5),
        (PARTS, "a, bc,,", (1, 2)),
        (PARTS, "", ()),
    ],
)
def test_a_text_is_read_by_the_kind_of_its_setting(each: Setting, text: str, value: object) -> None:
    assert each.parse(text, "x") == value
    assert each.from_line(text, "x") == value


@pytest.mark.parametrize(
    ("each", "value", "read"),
    [
        (NAME, "a", "a"),
        (DRY, True, True),
        (MAX_LINES, 3, 3),
        (REST, 3, 3.0),
        (REST, 0.5, 0.5),
        (REST, "5m", 300.0),
        (PARTS, ["a,b", "c"], (3, 1)),
        (PARTS, "a,b", (1, 1)),
    ],
)
def test_a_value_of_a_file_has_the_type_of_its_setting(each: Setting, value: object, read: object) -> None:
    found = each.from_toml(value, "x")
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("each", "text", "words"),
    [
        (DRY, "maybe", "must be true or false, got 'maybe'"),
        (MAX_LINES, "many", "must be a whole number, got 'many'"),
        (MAX_LINES, "0", "must be greater than 0, and finite, got 0"),
        (REST, "soon", "not a duration such as 90s, 10m or 1h30m, got 'soon'"),
        (REST, "-1s", "not a duration"),
    ],
)
def test_a_wrong_text_is_refused_by_the_name_of_where_it_was_given(each: Setting, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        each.parse(text, "--there")
    assert str(caught.value).startswith(f"--there: {words}")


@pytest.mark.parametrize(
    ("each", "value", "words"),
    [
        (NAME, 3, "must be text, got 3"),
        (DRY, 1, "must be true or false, got 1"),
        (MAX_LINES, True, "must be a whole number, got True"),
        (MAX_LINES, -1, "must be greater than 0"),
        (REST, True, "must be a duration, got True"),
        (REST, math.inf, "must not be less than 0, and must be finite"),
        (REST, [], "must be a duration"),
        (PARTS, [1], "must be a list of texts"),
    ],
)
def test_a_wrong_value_of_a_file_is_refused_by_its_key(each: Setting, value: object, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        each.from_toml(value, "c.toml: key")
    assert str(caught.value).startswith(f"c.toml: key: {words}")


def test_a_secret_is_neither_shown_nor_quoted() -> None:
    assert "hunter2" not in repr(Pump(key="hunter2"))
    with pytest.raises(ConfigError) as caught:
        KEY.from_toml(12345, "key")
    assert "12345" not in str(caught.value)


def test_the_options_of_a_list_add_up_and_a_switch_is_on_when_it_is_there() -> None:
    assert PARTS.from_line(("a,bc", "def"), "--parts") == (1, 2, 3)
    assert DRY.from_line(True, "--dry") is True


def test_values_that_were_given_in_the_program_are_checked_too() -> None:
    check_settings(Pump())
    with pytest.raises(ConfigError, match=r"^max-lines: must be greater than 0"):
        check_settings(Pump(max_lines=0))
    with pytest.raises(ConfigError, match=r"^rest: must not be less than 0"):
        check_settings(Pump(pause=math.nan))


@pytest.mark.parametrize("given_fields", [{"key": "a"}, {"lock": "a"}])
def test_one_of_a_pair_is_refused(given_fields: dict[str, Any]) -> None:
    check_pair(Pump(key="a", lock="b"), "key", "lock")
    with pytest.raises(ConfigError, match="key: belongs together with lock"):
        check_pair(Pump(**given_fields), "key", "lock")


def test_defaults_are_shown_as_they_would_be_written() -> None:
    shown = [each.shown_default for each in settings_of(Pump)]
    assert shown == ["", "", "7", "1m30s", "", "", ""]


@given(st.one_of(st.integers(0, 10**7), st.floats(0.001, 1000).map(lambda seconds: round(seconds, 3))))
def test_a_duration_is_written_as_it_is_read(seconds: float) -> None:
    assert REST.parse(duration_text(seconds), "x") == pytest.approx(seconds)
