"""What differs each time is a mark; what tells errors apart stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.errors.folding import KEPT, folded


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (
            "order 8812 of node1 failed after 12.5ms",
            "order 1 of node22 failed after 3ms",
            "order <n> of node<n> failed",
        ),
        ("cannot reach 10.0.0.1:5432", "cannot reach 10.0.0.22:5433", "cannot reach <n>"),
        ("late at 2026-11-24T10:00:00.123Z", "late at 2026-11-25T09:00:00Z", "late at <n>"),
        ("no 550e8400-e29b-41d4-a716-446655440000", "no 660E8400-e29b-41d4-a716-446655440001", "no <id>"),
        ("at 0x7ffdeadbeef", "at 0xAB", "at <hex>"),
        ("commit deadbeef12345678 is gone", "commit 1234567890abcdef is gone", "commit <hex> is gone"),
        ("user usr_9a8b7c6d5e4f3x", "user usr_1x8b7c6d5e4f3x", "user <id>"),
        ("first\nsecond 1", "first\nthird", "first"),
    ],
)
def test_two_messages_of_one_kind(one: str, other: str, both: str) -> None:
    assert folded(one) == folded(other)
    assert folded(one).startswith(both)


def test_words_are_not_numbers() -> None:
    assert folded("feedback of the facade is deaf") == "feedback of the facade is deaf"


@given(st.text(), st.integers(0, 10**9))
def test_any_text_is_folded_within_its_bound_and_once(text: str, number: int) -> None:
    first = folded(f"{text} {number}")
    assert len(first) <= KEPT
    assert "\n" not in first
    assert folded(first) == first or len(first) == KEPT
