"""What only the inside of a process can tell is known from beside it, and refused with what to do instead."""

from __future__ import annotations

import os

import pytest

from corvo_agent.diagnostics.handlers.profile import ProfileHandler
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import Unsupported
from corvo_agent.profiles.kinds.local import local_kinds
from corvo_agent.sidecar.answers.inside_kinds import inside_kinds
from corvo_agent.sidecar.answers.process_profiles import process_kinds
from corvo_agent.sidecar.target.process import target_of_pid

OFFERED = process_kinds(target_of_pid(os.getpid()))


def test_together_they_are_all_kinds_and_none_twice() -> None:
    names = [kind.name for kind in (*OFFERED, *inside_kinds(OFFERED))]
    assert sorted(names) == sorted(kind.name for kind in local_kinds())


@pytest.mark.parametrize("kind", ["heap", "allocs", "block", "mutex", "threadcreate", "trace"])
async def test_each_is_refused_with_what_to_do_instead(kind: str) -> None:
    handler = ProfileHandler((*OFFERED, *inside_kinds(OFFERED)))
    with pytest.raises(Unsupported, match=f"the profile {kind} of a foreign process .*run the agent in it"):
        await handler.handle(DebugQuery("Profile", {"profile": kind, "seconds": "1"}))
