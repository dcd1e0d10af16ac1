"""Conditions on fields: how they are written, and what they let pass."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.logs.search.conditions import FieldCondition, Operator, lookup


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status>=500", ("status", Operator.AT_LEAST, "500")),
        ("status <5", ("status", Operator.BELOW, "5")),
        ("msg~time(d )?out=", ("msg", Operator.MATCH, "time(d )?out=")),
        ("msg!~x", ("msg", Operator.NO_MATCH, "x")),
        ("module=pen-npm", ("module", Operator.EQUAL, "pen-npm")),
        ("module!=", ("module", Operator.NOT_EQUAL, "")),
        ("a=b>c", ("a", Operator.EQUAL, "b>c")),
    ],
)
def test_a_condition_as_text(text: str, expected: tuple[str, Operator, str]) -> None:
    condition = FieldCondition.parse(text)
    assert (condition.name, condition.operator, condition.operand) == expected
    name, value = condition.parameter
    assert (name, value) == (f"field.{expected[0]}{expected[1].value}", expected[2])


@pytest.mark.parametrize("text", ["", "status", "=5", "a<b", "a~(", "n>=1e", "a=\ud800", "\ud800=a"])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(InvalidArgument):
        FieldCondition.parse(text)


@pytest.mark.parametrize(
    ("condition", "passing", "failing"),
    [
        ("f=7", [7, "7"], [7.0, "07", True, None, [7]]),
        ("f=true", [True, "true"], [1, "True"]),
        ("f=null", [None, "null"], [""]),
        ('f=[1,"x"]', [[1, "x"], '[1,"x"]'], ["[1]"]),
        ("f!=7", [8, "x", None], [7, "7"]),
        ("f~^a.c$", ["abc", "x\nabc\ny"], ["abcd", 7]),
        ("f~7", [7, 1.75, "x7"], [8]),
        ("f!~^a", ["ba", 7], ["ab"]),
        ("f>2", [3, 2.5, "3", " 2.1 ", "1e3", 2**64], [2, "2", True, None, "x", "", "0x9", "9" * 400]),
        ("f>=2", [2, "2.0"], [1.9]),
        ("f<-1.5", [-2, "-1.6"], [-1.5, "−2"]),
        ("f<=9007199254740993", [9007199254740993], [9007199254740994]),
    ],
)
def test_what_passes(condition: str, passing: list[Any], failing: list[Any]) -> None:
    test = FieldCondition.parse(condition).test()
    assert [value for value in passing if not test(value)] == []
    assert [value for value in failing if test(value)] == []


def test_a_line_without_the_field_passes_what_says_not() -> None:
    missing = lookup({}, "f")
    passing = [each for each in Operator if FieldCondition("f", each, "1").test()(missing)]
    assert passing == [Operator.NOT_EQUAL, Operator.NO_MATCH]


def test_names_reach_into_objects_unless_there_is_such_a_key() -> None:
    document = {"a": {"b": {"c": 1}, "x": 0}, "a.x": 2, "l": [1]}
    assert lookup(document, "a.b.c") == 1
    assert lookup(document, "a.x") == 2
    missing = lookup(document, "no")
    assert lookup(document, "a.b.d") is missing
    assert lookup(document, "l.0") is missing


@given(st.integers() | st.floats(allow_nan=False), st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_compare_as_numbers(value: float, operand: float) -> None:
    results = {
        each: FieldCondition("f", each, str(operand)).test()(value) for each in Operator if each.value[0] in "<>"
    }
    assert results == {
        Operator.ABOVE: value > operand,
        Operator.BELOW: value < operand,
        Operator.AT_LEAST: value >= operand,
        Operator.AT_MOST: value <= operand,
    }
