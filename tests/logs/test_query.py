"""The parameters of a Log query, all text, and what is said about bad ones."""

from __future__ import annotations

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.query import parse_query


def test_defaults() -> None:
    assert parse_query({}).lines == 1000
    assert parse_query({}, limits=ReadLimits(default_lines=7)).lines == 7


def test_lines_and_its_other_name() -> None:
    assert parse_query({"lines": "300"}).lines == 300
    assert parse_query({"max-results": "200"}).lines == 200
    assert parse_query({"lines": "300", "max-results": "200"}).lines == 200
    assert parse_query({"lines": "0"}).lines == 0
    assert parse_query({"lines": "100000"}).lines == 100_000


@pytest.mark.parametrize("name", ["lines", "max-results"])
@pytest.mark.parametrize("value", ["-1", "", "ten", "1.5", "100001", "1_000", "9" * 5000, "٣", "0x10"])
def test_bad_counts_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_query({name: value})
    assert caught.value.what == name


def test_the_bound_is_configurable() -> None:
    with pytest.raises(InvalidArgument):
        parse_query({"lines": "11"}, limits=ReadLimits(max_lines=10))


def test_an_unknown_parameter_is_named_with_the_valid_ones() -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_query({"line": "3"})
    assert caught.value.what == "line"
    assert "lines" in caught.value.valid
