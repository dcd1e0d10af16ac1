"""Of another user's processes a hub of root's hears those that come from the service, and no hub hears any other."""

from __future__ import annotations

import os
import subprocess

import pytest

from corvo_agent.hub.admission import Admission

_OTHER = 65534


def test_its_own_user_s_and_root_s_are_heard() -> None:
    admission = Admission(list)
    assert admission.refusal(os.getpid(), os.geteuid()) == ""
    assert admission.refusal(1, 0) == ""


def test_one_that_has_ended_is_refused_by_its_number() -> None:
    assert str(1 << 30) in Admission(list).refusal(1 << 30, _OTHER)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives processes to other users")
def test_what_comes_from_the_service_is_heard_under_another_user() -> None:
    own = os.getpid()
    with subprocess.Popen(["sleep", "600"], user=_OTHER) as child:
        try:
            assert Admission(lambda: [own]).refusal(child.pid, _OTHER) == ""
            assert Admission(list, starter=own).refusal(child.pid, _OTHER) == ""
            assert "none of the service" in Admission(list).refusal(child.pid, _OTHER)
            # A number that was another user's when it connected.
            assert "none of the service" in Admission(lambda: [own]).refusal(child.pid, _OTHER - 1)
        finally:
            child.kill()
