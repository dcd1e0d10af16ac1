from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import math
import uuid
from collections import OrderedDict, UserDict, deque, namedtuple
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.levels.level import Level
from corvo_agent.logs.writing import json_values
from corvo_agent.logs.writing.json_values import (
    PlainValues,
    cut,
    duration_text,
    encodable,
    error_text,
    key_text,
    text_of,
)


class Unprintable:
    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: Any


EAST = datetime.timezone(datetime.timedelta(hours=2))
Pair = namedtuple("Pair", "a b")


def plain(value: object, limit: int = 1000, room: int = 10_000) -> Any:
    return PlainValues(limit, room).plain(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (2**64 - 1, 2**64 - 1),
        (2**64, str(2**64)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        (1.5, 1.5),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (b"ab\xff", "ab\\xff"),
        (bytearray(b"x"), "x"),
        (memoryview(b"y"), "y"),
        (decimal.Decimal("1.10"), "1.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Path("/a"), "/a"),
        (datetime.timedelta(seconds=1.5), "1.5s"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5, 600000, datetime.UTC), "2026-01-02T03:04:05.6Z"),
        (
            datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
            "2026-01-02T01:00:00Z",
        ),
        (datetime.datetime(2026, 1, 2, 3), "2026-01-02T03:00:00"),
        (Colour.RED, "red"),
        (Level.DEBUG, 10),
        (ValueError("bad"), "ValueError: bad"),
        (ValueError(), "ValueError"),
        (Point(1, {2: "z"}), {"x": 1, "y": {"2": "z"}}),
        (Pair(1, None), [1, None]),
        ({1}, [1]),
        (deque([1, 2]), [1, 2]),
        (OrderedDict(a=1), {"a": 1}),
        (UserDict(a=1), {"a": 1}),
        ({None: 1, True: 2, 1.5: 3, b"k": 4, (1,): 5}, {"null": 1, "true": 2, "1.5": 3, "k": 4, "[1]": 5}),
        (Point, "<class 'tests.logs.writing.test_json_values.Point'>"),
        ([Unprintable()], ["<Unprintable: ValueError when turned into text>"]),
    ],
)
def test_values_become_json_types_that_say_the_same(value: object, expected: object) -> None:
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


def test_an_integer_too_long_for_decimal_text_is_described() -> None:
    assert plain(1 << 20_000) == "<integer of 20001 bits>"


def test_circles_are_named() -> None:
    circle: list[object] = [1]
    circle.append({"self": circle})
    assert plain(circle) == [1, {"self": "<circular list>"}]
    twice = [1]
    assert plain([twice, twice]) == [[1], [1]]


def test_depth_width_and_text_are_bounded() -> None:
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    assert len(orjson.dumps(plain(deep))) < 5000
    many = plain([0] * 10_000)
    assert len(many) == json_values.MAX_ITEMS + 1
    assert many[-1] == "... 8000 more"
    assert plain(dict.fromkeys(range(3000)))["..."] == "1000 more"
    assert plain("x" * 1500) == "x" * 1000 + "...[500 characters more]"
    assert plain(b"x" * 1500) == "x" * 1000 + "...[500 bytes more]"
    assert len(orjson.dumps(plain(["x" * 900] * 1000, room=5000))) < 50_000


def test_a_mapping_that_fails_or_changes_while_read_is_named() -> None:
    class Broken(UserDict[str, int]):
        def items(self) -> Any:
            raise RuntimeError("changed size during iteration")

    assert plain({"a": Broken()}) == {"a": "<Broken: RuntimeError when read>"}


@pytest.mark.parametrize(
    ("microseconds", "expected"),
    [
        (0, "0s"),
        (865, "865µs"),
        (52_865, "52.865ms"),
        (1_500_000, "1.5s"),
        (-1_500_000, "-1.5s"),
        (60_000_000, "1m0s"),
        (3_601_500_000, "1h0m1.5s"),
        (90_000_000_000, "25h0m0s"),
    ],
)
def test_durations_read_as_in_go(microseconds: int, expected: str) -> None:
    assert duration_text(datetime.timedelta(microseconds=microseconds)) == expected


def test_texts_of_things_that_have_none() -> None:
    assert cut("abc", 3) == "abc"
    assert text_of(Unprintable(), 100) == "<Unprintable: ValueError when turned into text>"
    assert error_text(KeyError("k"), 100) == "KeyError: 'k'"
    assert key_text(None) == "null"
    assert key_text("k" * 1000).startswith("k" * 256 + "...[744")


def test_what_utf8_cannot_hold_is_escaped() -> None:
    value = {"a\udc80": ["\ud800", 1, None, 2**70, 1.5, object]}
    clean = encodable(value)
    assert orjson.loads(orjson.dumps(clean)) == {"a\\udc80": ["\\ud800", 1, None, str(2**70), 1.5, "<class 'object'>"]}


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters()), st.binary(), st.decimals(),
    st.timedeltas(), st.datetimes(), st.uuids(), st.complex_numbers(), st.frozensets(st.integers(), max_size=3),
)  # fmt: skip
keys = st.text(st.characters()) | st.integers() | st.none()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=10
)


@settings(max_examples=150, deadline=None)
@given(anything)
def test_whatever_comes_it_can_be_written(value: object) -> None:
    text = orjson.dumps(encodable(plain(value)))
    json.loads(text)
