"""Parameters of a profile query are read with their bounds."""

from __future__ import annotations

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.profiles.kind import ProfileRequest, parse_number


def test_a_number_is_read_within_its_bounds() -> None:
    request = ProfileRequest(None, {"hz": "250"})
    assert request.number("hz", 100, 1, 1000) == 250
    assert request.number("budget", 2.0, 0.1, 100) == 2.0


@pytest.mark.parametrize("text", ["0.5", "1001", "nan", "-3"])
def test_a_number_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"hz: must be from 1 to 1000"):
        parse_number("hz", text, 1, 1000)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="hz: not a number, got 'fast'"):
        ProfileRequest(None, {"hz": "fast"}).number("hz", 100, 1, 1000)


def test_a_choice_is_read_in_any_case() -> None:
    request = ProfileRequest(None, {"mode": "Wall"})
    assert request.choice("mode", "cpu", ("cpu", "wall")) == "wall"
    assert request.choice("engine", "auto", ("auto",)) == "auto"
    with pytest.raises(InvalidArgument, match="mode: unknown value, got 'Wall'; valid: cpu, gil"):
        request.choice("mode", "cpu", ("cpu", "gil"))


def test_a_text_that_was_not_given_is_empty() -> None:
    assert ProfileRequest().text("base") == ""
