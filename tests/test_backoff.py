"""Waiting times double up to a bound, are jittered, and start over after success."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.backoff import Backoff


def test_it_doubles_up_to_the_maximum_and_starts_over() -> None:
    backoff = Backoff(0.1, 1.0, draw=lambda: 1.0)
    assert [round(backoff.next(), 3) for _ in range(6)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    backoff.reset()
    assert backoff.next() == 0.1


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_each_time_lies_between_half_the_ceiling_and_the_ceiling(draws: list[float]) -> None:
    drawn = iter(draws)
    backoff = Backoff(0.1, 5.0, draw=lambda: next(drawn))
    ceiling = 0.1
    for _ in draws:
        assert ceiling / 2 <= backoff.next() <= ceiling
        ceiling = min(5.0, ceiling * 2)
