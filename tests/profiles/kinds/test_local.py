"""This process offers what Go's pprof offers."""

from __future__ import annotations

from corvo_agent.profiles.kinds.local import local_kinds


def test_the_kinds_have_the_names_of_go() -> None:
    names = {"profile", "goroutine", "heap", "allocs", "threadcreate", "block", "mutex", "trace", "cmdline"}
    kinds = local_kinds()
    assert {kind.name for kind in kinds} == names
    assert len(kinds) == len(names)
    # What measures by default can be told for how long.
    assert all("seconds" in kind.parameters for kind in kinds if kind.default_seconds is not None)
