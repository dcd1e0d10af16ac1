"""One at a time, the second is refused, a forked child starts afresh."""

from __future__ import annotations

import os

import pytest

from corvo_agent.errors import ResourceExhausted
from corvo_agent.profiles.gate import THIS_PROCESS, Gate


def test_the_second_is_refused_until_the_first_has_left() -> None:
    gate = Gate("profiles")
    with gate.held(), pytest.raises(ResourceExhausted, match="profiles: at most 1"), gate.held():
        pass
    with gate.held():
        pass


def test_a_child_made_by_fork_is_not_held_by_what_its_parent_does() -> None:
    with THIS_PROCESS.held():
        child = os.fork()
        if child == 0:
            try:
                with THIS_PROCESS.held():
                    os._exit(0)
            finally:
                os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
