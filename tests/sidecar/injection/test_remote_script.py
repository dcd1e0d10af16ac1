"""Threads of a running 3.14 are found and asked; other interpreters are refused."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from corvo_agent.errors import Unsupported
from corvo_agent.sidecar.injection.process_memory import ProcessMemory
from corvo_agent.sidecar.injection.remote_script import RemoteScript

from .kit import python_with_protocol, unprepared


def test_its_threads_are_found_by_their_numbers() -> None:
    with unprepared(python_with_protocol()) as process, ProcessMemory(process.pid) as memory:
        remote = RemoteScript.find(memory)
        assert remote.main == process.pid
        assert set(map(str, remote.threads())) == set(os.listdir(f"/proc/{process.pid}/task"))


def test_what_has_not_begun_is_withdrawn() -> None:
    with unprepared(python_with_protocol()) as process, ProcessMemory(process.pid) as memory:
        # It stands still, so that nothing can begin.
        process.send_signal(19)
        remote = RemoteScript.find(memory)
        remote.ask(remote.main, b"/no/such/script.py")
        with pytest.raises(Unsupported, match="another debugger waits for it already"):
            RemoteScript.find(memory).ask(remote.main, b"/other.py")
        with pytest.raises(Unsupported, match="too long"):
            RemoteScript.find(memory).ask(remote.main, b"/" * 600)
        assert remote.withdraw() == 0
        process.send_signal(18)
        remote.ask(remote.main, b"/dev/null")
        process.kill()


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python has the protocol")
def test_an_interpreter_without_the_protocol_is_refused() -> None:
    with unprepared() as process, ProcessMemory(process.pid) as memory, pytest.raises(Unsupported):
        RemoteScript.find(memory)


def test_what_is_no_interpreter_is_refused() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process, ProcessMemory(process.pid) as memory:
        with pytest.raises(Unsupported, match="no interpreter of CPython"):
            RemoteScript.find(memory)
        process.kill()
