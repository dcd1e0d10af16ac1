"""The options of a query of logs, as the parameters that an agent reads."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.cli.logs.options import field_parameter, parameters_of
from corvo_agent.logs.search.conditions import FieldCondition
from corvo_agent.logs.search.parameters import parse_query


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("a=b", ("field.a=", "b")),
        ("a=b=c", ("field.a=", "b=c")),
        ("status>=500", ("field.status>=", "500")),
        ("user!=kim", ("field.user!=", "kim")),
        ("a.b!~^x", ("field.a.b!~", "^x")),
        ("n<3", ("field.n<", "3")),
        ("empty=", ("field.empty=", "")),
    ],
)
def test_a_condition_on_a_field_becomes_a_parameter(text: str, parameter: tuple[str, str]) -> None:
    assert field_parameter(text) == parameter


@pytest.mark.parametrize("text", ["", "status", "=5", ">=5", "!=x", "a~(", "a<b"])
def test_what_is_no_condition_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.UsageError, match="NAME=VALUE"):
        field_parameter(text)


@given(st.sampled_from("ab.-"), st.sampled_from(["=", "!=", "~", "!~"]), st.text("xy=<!~", max_size=4))
def test_an_agent_reads_the_condition_that_was_written(name: str, sign: str, value: str) -> None:
    text = f"{name}{sign}{value}"
    (condition,) = parse_query(parameters_of({"field": (text,)}), now=0).fields
    expected = FieldCondition.parse(text)
    found = (condition.name, condition.operator, condition.operand)
    assert found == (expected.name, expected.operator, expected.operand)


def test_only_what_was_given_is_sent() -> None:
    asked = {"lines": 300, "level": None, "grep": "x", "field": ("status>=500", "peer=10.0.0.1"), "audit": None}
    expected = {"lines": "300", "grep": "x", "field.status>=": "500", "field.peer=": "10.0.0.1"}
    assert parameters_of(asked) == expected
    assert parameters_of({}) == {}
