"""How many there are, in words."""

from __future__ import annotations

from corvo_agent.cli.show.counted import counted


def test_only_one_is_a_single_one() -> None:
    assert [counted(number, "line") for number in (0, 1, 2)] == ["0 lines", "1 line", "2 lines"]
