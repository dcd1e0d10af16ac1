"""Options become the parameters that the agent judges."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.cli.logs.options import field_parameter, parameters_of
from corvo_agent.logs.search.conditions import FieldCondition


def test_what_was_not_given_is_not_sent() -> None:
    asked = {"lines": 300, "level": None, "grep": "x", "field": ("status>=500", "peer=10.0.0.1"), "audit": None}
    assert parameters_of(asked) == {
        "lines": "300",
        "grep": "x",
        "field.status>=": "500",
        "field.peer": "=10.0.0.1",
    }
    assert parameters_of({}) == {}


@pytest.mark.parametrize("text", ["", "status", "=5", ">=5", "!=x"])
def test_a_condition_without_a_name_or_a_sign_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.UsageError, match="--field"):
        field_parameter(text)


NAMES = st.text("abc.-_", min_size=1, max_size=6)


@given(NAMES, st.sampled_from(["=", "!=", "~", "!~", "<", "<=", ">", ">="]), st.text("ab=<>~! ", max_size=6))
def test_every_condition_is_one_that_the_agent_reads(name: str, sign: str, value: str) -> None:
    # "a<" followed by "=b" is "a<=" followed by "b" for everybody.
    if sign in "<>" and value.startswith("="):
        return
    parameter, text = field_parameter(f"{name}{sign}{value}")
    assert parameter.startswith(f"field.{name}")
    assert parameter.removeprefix("field.") + text == f"{name}{sign}{value}"


@pytest.mark.parametrize("text", ["a=b", "a!=b", "status>=500", "a~^x", "a!~x", "n<5", "n<=5", "n>5"])
def test_the_agents_own_reading_is_the_same(text: str) -> None:
    parameter, value = field_parameter(text)
    assert FieldCondition.parse(parameter.removeprefix("field.") + value) == FieldCondition.parse(text)
