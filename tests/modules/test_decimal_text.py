"""Text is a number where it is written as the contract writes one, and as nothing else that Python takes for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.modules.decimal_text import natural, whole


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "1\n", "1_0", "٣", "³", "１", "x", "1.0", "1e3", "0x1", "9" * 20, "9" * 5000],
    ids=lambda text: text[:9],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert natural(text) is None
    assert whole(text) is None


@given(st.integers(0, 10**19 - 1))
def test_nineteen_digits_are_a_number(number: int) -> None:
    assert natural(str(number)) == number


@given(st.integers(-(2**64), 2**64))
def test_a_sign_and_64_bits_are_a_whole_number(number: int) -> None:
    expected = number if -(2**63) <= number < 2**63 else None
    assert whole(str(number)) == whole(f"{number:+d}") == expected


def test_a_natural_number_has_no_sign() -> None:
    assert natural("-1") is None
    assert natural("+1") is None
