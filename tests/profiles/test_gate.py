"""One at a time, the second is refused, a forked child starts afresh."""

from __future__ import annotations

import pytest

from corvo_agent.errors import ResourceExhausted
from corvo_agent.profiles.gate import THIS_PROCESS, Gate

from .spawn import child_says


def test_the_second_is_refused_until_the_first_has_left() -> None:
    gate = Gate("profiles")
    with gate.held(), pytest.raises(ResourceExhausted, match="profiles: at most 1"), gate.held():
        pass
    with gate.held():
        pass


def test_a_child_made_by_fork_is_not_held_by_what_its_parent_does() -> None:
    def can_enter() -> bool:
        with THIS_PROCESS.held():
            return True

    with THIS_PROCESS.held():
        assert child_says(can_enter)
