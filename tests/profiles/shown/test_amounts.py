"""Amounts in the unit that people read, and places that editors take."""

from __future__ import annotations

import pytest

from corvo_agent.profiles.shown.amounts import place_of, quantity


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "bytes", "0"),
        (999, "nanoseconds", "999ns"),
        (90_000_000_000, "nanoseconds", "1.50min"),
        (5 << 30, "bytes", "5.00GB"),
        (7, "count", "7"),
        (1234567, "count", "1234567"),
        (7, "apples", "7 apples"),
    ],
)
def test_quantities_have_the_unit_that_people_read(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_a_place_is_as_much_as_is_known() -> None:
    assert (place_of("a.py", 3), place_of("a.py", 0), place_of("", 3)) == ("a.py:3", "a.py", "")
