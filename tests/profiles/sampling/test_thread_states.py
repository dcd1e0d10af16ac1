"""States and numbers of threads come from the kernel where py-spy has none."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import pytest

from corvo_agent.profiles.sampling import kernel_clocks
from corvo_agent.profiles.sampling.kernel_clocks import runs
from corvo_agent.profiles.sampling.py_spy_output import ThreadDump
from corvo_agent.profiles.sampling.thread_states import with_kernel_states

from ..loads import Running, idle


def test_threads_known_by_their_pthreads_get_their_numbers_and_states() -> None:
    with Running(idle, 2) as running:
        # A thread that has just begun may have to wait for a processor first.
        while any(runs("self", each.native_id or 0) for each in running.threads):
            pass
        # As of Python 3.10: all look as if they ran.
        dumps = [ThreadDump(each.name, 0, True, False, (), each.ident or 0) for each in running.threads]
        me = ThreadDump("me", 0, False, False, (), threading.get_ident())
        found = with_kernel_states(os.getpid(), [*dumps, me])
    assert [(each.native_id, each.active) for each in found] == [
        *((each.native_id, False) for each in running.threads),
        (threading.get_native_id(), True),
    ]


def test_what_py_spy_knew_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    known = ThreadDump("t", 7, True, False, (), 64)
    assert with_kernel_states(os.getpid(), [known]) == [known]
    gone = replace(known, native_id=0)
    assert with_kernel_states(2**22 + 1, [gone]) == [gone]


def test_in_another_pid_namespace_the_number_becomes_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    original, mine = kernel_clocks._text, threading.get_native_id()
    monkeypatch.setattr(
        kernel_clocks,
        "_text",
        # What the kernel says of a container's process; making a namespace takes privileges.
        lambda path: original(path).replace(f"NSpid:\t{mine}\n", f"NSpid:\t{mine}\t1\n"),
    )
    (found,) = with_kernel_states(os.getpid(), [ThreadDump("t", 1, False, False, ())])
    assert (found.native_id, found.active) == (mine, True)
