"""Which processes run Python, found out by real ones."""

from __future__ import annotations

import contextlib
import getpass
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.sidecar.processes.python_process import PythonProcess, python_processes, python_version, why_closed
from tests.profiles.spawn import LOADS, load, running
from tests.world.machine import needs

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@contextlib.contextmanager
def waiting(*command: str, **more: object) -> Iterator[subprocess.Popen[bytes]]:
    """A process that reads its standard input, until it is killed."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, **more) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def found(pid: int) -> PythonProcess | None:
    return next((each for each in python_processes() if each.pid == pid), None)


def test_a_python_process_is_found_with_what_people_ask_first() -> None:
    with load("shares", "0", "--password=hunter2") as process:
        one = found(process.pid)
    assert one is not None
    assert (one.version, one.parent, one.closed) == (HERE, os.getpid(), "")
    assert one.rss > 1 << 20
    assert one.command[-2:] == ("0", "--password=***")
    if os.geteuid() == os.getuid() == 0:
        assert one.user == "root"
    else:
        assert one.user == getpass.getuser()


def test_other_programs_are_none_wherever_they_are_installed(tmp_path: Path) -> None:
    folder = tmp_path / "lib" / "python3.11" / "site-packages" / "tool"
    folder.mkdir(parents=True)
    program = folder / "sleeper"
    program.write_bytes(Path("/bin/cat").resolve().read_bytes())
    program.chmod(0o755)
    with waiting(str(program), "-", stdout=subprocess.DEVNULL) as process:
        # It has begun once it can be read from, as it copies its input.
        assert python_version(process.pid) is None
        assert found(process.pid) is None


def test_this_process_is_not_among_them_and_one_that_has_ended_is_none() -> None:
    assert found(os.getpid()) is None
    assert python_version(os.getpid()) == HERE
    with waiting(sys.executable, "-") as process:
        pid = process.pid
    assert python_version(pid) is None
    assert why_closed(pid) == "it has ended"


@pytest.mark.parametrize("switch", ["PYTHON_DISABLE_REMOTE_DEBUG", "-X disable-remote-debug"])
def test_a_process_that_forbids_it_says_so(switch: str) -> None:
    options = switch.split() if switch.startswith("-") else []
    env = {**os.environ, **({} if options else {switch: "1"})}
    with running(sys.executable, *options, str(LOADS), "idle", env=env) as process:
        assert why_closed(process.pid) == f"it was started with {switch}"


@needs("root")
def test_what_another_user_may_not_look_into_is_closed_and_its_version_is_told_by_its_command() -> None:
    code = (
        "import os, sys;"
        "from corvo_agent.sidecar.processes.python_process import python_version, why_closed;"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534);"
        "pid = int(sys.argv[1]); print(python_version(pid)); print(why_closed(pid))"
    )
    with load("idle", python=os.path.realpath(sys.executable)) as process:
        version, why = subprocess.run(
            (sys.executable, "-c", code, str(process.pid)), capture_output=True, text=True, check=True
        ).stdout.splitlines()
    assert version == HERE
    assert why.startswith(f"reading the memory of process {process.pid} was refused; ")
    assert "or run it as the user of process" in why
