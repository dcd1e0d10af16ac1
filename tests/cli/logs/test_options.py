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
    asked = {"lines": "300", "level": None, "grep": "x", "field": ("status>=500", "peer=10.0.0.1"), "audit": None}
    expected = {"lines": "300", "grep": "x", "field.status>=": "500", "field.peer=": "10.0.0.1"}
    assert parameters_of(asked) == expected
    assert parameters_of({}) == {}


def test_a_switch_is_yes_and_from_keeps_its_name() -> None:
    assert parameters_of({"join": True, "from_": "7"}) == {"join": "yes", "from": "7"}
    assert parameters_of({"join": False, "from_": None}) == {}


def test_all_lines_are_asked_for_from_the_oldest_on() -> None:
    assert parameters_of({"lines": "all"}) == {"lines": "all", "from": "0"}
    assert parameters_of({"lines": "all", "order": "desc"}) == {"lines": "all", "order": "desc"}
    assert parameters_of({"lines": "all"}, follow=True) == {"lines": "all"}
    assert parse_query({"lines": "all"}, now=0).complete


@pytest.mark.parametrize(
    "asked",
    [
        {"lines": "many"},
        {"lines": "-1"},
        {"day": "2026-11-24", "since": "10m"},
        {"day": "24.11."},
        {"since": "soon"},
        {"until": "2026-13-24"},
    ],
)
def test_what_contradicts_itself_or_says_nothing_is_wrong_usage(asked: dict[str, str]) -> None:
    with pytest.raises(click.UsageError):
        parameters_of(asked)


def test_a_day_is_a_window() -> None:
    asked = parameters_of({"day": "2026-11-24"})
    window = parse_query(asked, now=0).window
    assert window.since is not None
    assert window.until is not None
    assert (window.until - window.since) / 3600e9 in (23, 24, 25)
