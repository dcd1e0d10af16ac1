"""Who may look into whom, and what is told when it is refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from corvo_agent.profiles.sampling import ptrace
from corvo_agent.profiles.sampling.ptrace import ptrace_scope, refusal, remote_debugging_disabled, traceable_by

from ..spawn import load, running

SWITCH = "PYTHON_DISABLE_REMOTE_DEBUG"
SCRIPT = "print('ready', flush=True); import sys; sys.stdin.read()"


def test_nothing_is_disabled_by_itself() -> None:
    assert remote_debugging_disabled() == ""
    assert remote_debugging_disabled(os.getpid()) == ""
    with load("idle") as process:
        assert remote_debugging_disabled(process.pid) == ""


def test_this_process_is_asked_for_its_environment_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "1")
    assert remote_debugging_disabled() == SWITCH
    monkeypatch.setenv(SWITCH, "")
    assert remote_debugging_disabled() == ""
    monkeypatch.setitem(sys._xoptions, "disable-remote-debug", True)
    assert remote_debugging_disabled() == "-X disable-remote-debug"


def test_another_process_is_asked_through_proc() -> None:
    with running(sys.executable, "-c", SCRIPT, env={**os.environ, SWITCH: "1"}) as process:
        assert remote_debugging_disabled(process.pid) == SWITCH
    for options in (("-X", "disable-remote-debug"), ("-Xdisable_remote_debug",)):
        with running(sys.executable, *options, "-c", SCRIPT) as process:
            assert remote_debugging_disabled(process.pid) == "-X disable-remote-debug"


def test_a_process_that_is_gone_disables_nothing() -> None:
    assert remote_debugging_disabled(2**22 + 1) == ""


def fake_proc(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    # The kernel's answers on machines that this one is not.
    monkeypatch.setattr(ptrace, "_read", lambda path: files.get(path, b""))


def test_the_advice_names_capability_user_scope_and_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_proc(
        monkeypatch,
        {
            "/proc/self/status": b"Uid:\t1000\t1000\nCapEff:\t0000000000000000\n",
            "/proc/7/status": b"Uid:\t33\t33\n",
            "/proc/sys/kernel/yama/ptrace_scope": b"1\n",
        },
    )
    advice = refusal(7)
    for part in ("SYS_PTRACE", "as the user of process 7 (uid 33)", "ptrace_scope to 0 (it is 1)", "pid namespace"):
        assert part in advice


def test_with_the_capability_something_else_stands_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_proc(monkeypatch, {"/proc/self/status": b"CapEff:\t000001ffffffffff\n"})
    assert "in spite of CAP_SYS_PTRACE" in refusal(7)


def test_without_yama_there_is_no_restriction(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_proc(monkeypatch, {})
    assert ptrace_scope() == 0


@pytest.mark.parametrize("scope", [b"0", b"1"])
def test_a_child_can_be_allowed_to_look_and_is_not_afterwards(scope: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_proc(monkeypatch, {"/proc/sys/kernel/yama/ptrace_scope": scope})
    with load("idle") as process, traceable_by(process.pid):
        assert Path(f"/proc/{process.pid}").exists()
