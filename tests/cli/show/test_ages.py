"""How long something has lasted, in a column."""

from __future__ import annotations

import pytest

from corvo_agent.cli.show.ages import age


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59.4, "59s"), (60, "1m0s"), (3600, "1h0m"), (90061, "1d1h"), (8640000, "100d0h")]
)
def test_times_are_told_in_two_parts(seconds: float, text: str) -> None:
    assert age(seconds) == text
