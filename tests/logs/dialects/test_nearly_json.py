"""Lines that are JSON but for a small fault have the level that they say; what holds more than one stays text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.logs.dialects.json_text import parse_object, to_text
from corvo_agent.logs.dialects.nearly_json import mended

OBJECT = r'{"level":"error","x":?}'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (r'"\x1b[0m \d"', r"\x1b[0m \d"),
        (r'"C:\Users\bob"', "C:\\Users\bob"),  # \\b is an escape, whatever was meant
        (r'"it\'s \u12 \\x"', r"it\'s \u12 \x"),
        ("nan", "nan"),
        ("-inf", "-inf"),
        ("-nan", "-nan"),
        ("NaN", "NaN"),
        ("-", "-"),
        ("", ""),
        ("None", "None"),
        ("[True, 1, 2,]", '["True",1,2]'),
        ("007", "007"),
        ("+1", "+1"),
        (".5", ".5"),
        ("0.5, 0.3", None),  # the second one has no key
        ('{"a":{"b":1,},}', '{"a":{"b":1}}'),
        ("undefined,", "undefined"),
        ("12:30", None),
        ("a b", None),
    ],
)
def test_values(value: str, expected: str | None) -> None:
    document = parse_object(OBJECT.replace("?", value).encode())
    if expected is None:
        assert document is None
    else:
        assert document is not None
        assert document["level"] == "error"
        assert to_text(document["x"]) == expected


@pytest.mark.parametrize("line", ["[{},", " {},", ",{}", "{}]", "[{}]", "\x1e{}", "\t{}\r"])
def test_lines_of_an_array_and_of_a_sequence(line: str) -> None:
    assert parse_object(line.replace("{}", '{"level":"error"}').encode()) == {"level": "error"}


@pytest.mark.parametrize(
    "line",
    ['{"a":1}{"a":2}', '[{"a":1},{"a":2}]', '{"a":1} b', '{"a":"b', "{a:1}", '{"a"', "[1,", "[ERROR] x", "[", ""],
)
def test_other_lines_stay_text(line: str) -> None:
    assert parse_object(line.encode()) is None


@settings(max_examples=25)
@given(st.dictionaries(st.text(max_size=4), st.text(max_size=4) | st.integers() | st.lists(st.none()), max_size=4))
def test_json_is_mended_into_itself(document: dict[str, object]) -> None:
    found = mended(json.dumps(document))
    assert found is not None
    assert json.loads(found) == document


@settings(max_examples=50)
@given(st.text(alphabet='{}[]:,"\\ \nxu1-é', max_size=60))
def test_nothing_is_too_odd(text: str) -> None:
    mended("{" + text)
    parse_object(text.encode())
