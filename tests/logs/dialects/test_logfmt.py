"""Pairs are read as they were written, and what is no logfmt is left to others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.dialects.logfmt import parse_logfmt


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ("level=info msg=up", {"level": "info", "msg": "up"}),
        ('t=5 level=warn msg="two words"', {"t": "5", "level": "warn", "msg": "two words"}),
        (r'lvl=error msg="a \"b\" \\ c"', {"lvl": "error", "msg": r'a "b" \ c'}),
        ('level=info msg="" peer=', {"level": "info", "msg": "", "peer": ""}),
        ("level=info a.b/c=1", {"level": "info", "a.b/c": "1"}),
    ],
)
def test_pairs(line: str, pairs: dict[str, str]) -> None:
    assert parse_logfmt(line) == pairs


def test_words_between_pairs_are_the_message() -> None:
    found = parse_logfmt("level=info server started port=80")
    assert found is not None
    assert (found["level"], found["port"], found["msg"]) == ("info", "80", "server started")


@pytest.mark.parametrize("line", ["", "plain words", "a=b c=d", "=x level=info", '{"level":"info"}', "x level=info"])
def test_what_is_no_logfmt(line: str) -> None:
    assert parse_logfmt(line) is None


KEYS = st.text("abcd_", min_size=1, max_size=6)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Zs"]) | st.just(" "))


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@given(st.dictionaries(KEYS, VALUES, max_size=5), VALUES)
def test_what_is_quoted_is_read_back(pairs: dict[str, str], message: str) -> None:
    wanted = {"level": "info", **pairs, "msg": message}
    line = " ".join(f"{key}={quoted(value)}" for key, value in wanted.items())
    assert parse_logfmt(line) == wanted


@given(st.text('a="\\ \t', max_size=40))
def test_no_line_is_too_odd(line: str) -> None:
    found = parse_logfmt(f"level=x {line}")
    assert found is None or found["level"]
