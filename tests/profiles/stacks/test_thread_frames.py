"""Frames of threads are looked at only where that is safe."""

from __future__ import annotations

import sys
import threading

import pytest

from corvo_agent.errors import Unsupported
from corvo_agent.profiles.kinds.goroutine import GoroutineKind
from corvo_agent.profiles.pacing.loops import Loops
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.recording.creation_stacks import TaskCreations
from corvo_agent.profiles.sampling.engine import SamplingOrder
from corvo_agent.profiles.sampling.thread_sampler import ThreadSampler
from corvo_agent.profiles.stacks.thread_frames import hidden, thread_frames

from ..spawn import other_interpreter

OWN_LOCKS = sys.version_info >= (3, 12)


def test_all_threads_are_seen_of_a_process_with_one_interpreter() -> None:
    assert hidden() == ""
    assert thread_frames()[threading.get_ident()].f_code.co_name == "thread_frames"


async def test_beside_interpreters_with_locks_of_their_own_nothing_is_looked_at_and_that_is_said() -> None:
    kind = GoroutineKind(Loops(), TaskCreations(), lambda: "app.py")
    with other_interpreter():
        assert bool(thread_frames()) is not OWN_LOCKS
        profile = decode(kind.take_now())
        assert [each for each in profile.comments if each.startswith("no stacks of threads: other interpreters")] == (
            list(profile.comments) if OWN_LOCKS else []
        )
        if OWN_LOCKS:
            with pytest.raises(Unsupported, match="the engine builtin is not possible here: other interpreters"):
                await ThreadSampler().record(SamplingOrder(0.01, 100))
    assert hidden() == ""
