from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError, DeadlineExceeded, NotFound, PermissionRefused, RemoteError, Unavailable
from corvo_agent.levels.level import Level
from corvo_agent.sidecar.hooks.exec_hook import MAX_OUTPUT, ExecHook
from corvo_agent.sidecar.hooks.protocol import LevelChange
from tests.diagnostics.kit import until

DEBUG = LevelChange(Level.DEBUG)


def python(code: str, *arguments: str, timeout: float = 20.0) -> ExecHook:
    return ExecHook([sys.executable, "-c", code, *arguments], timeout=timeout)


async def gone(pid: int) -> None:
    """Wait until the process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    await ended.wait()
    asyncio.get_running_loop().remove_reader(descriptor)
    os.close(descriptor)


async def test_words_are_templates_and_no_shell_sees_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = "import sys; open(sys.argv[1], 'w').write(repr(sys.argv[2:]))"
    hook = python(code, str(out), "{level}", "--logger={logger}", "$(id); {LEVEL}")
    await hook.set_level(LevelChange(Level.WARN, "a b'c"))
    assert out.read_text() == repr(["warn", "--logger=a b'c", "$(id); WARN"])
    assert hook.knows_loggers
    assert hook.name == f"exec {sys.executable}"
    assert not ExecHook(["/bin/true"]).knows_loggers


async def test_failure_carries_status_and_the_end_of_the_output() -> None:
    with pytest.raises(RemoteError) as caught:
        await python("import sys; print('x' * 100_000); print('the reason', file=sys.stderr); sys.exit(3)").set_level(
            DEBUG
        )
    assert caught.value.code == "status 3"
    assert caught.value.message.endswith("the reason")
    assert len(caught.value.message) <= MAX_OUTPUT


async def test_endless_output_does_not_grow_and_ends_in_time() -> None:
    with pytest.raises(DeadlineExceeded):
        await python("while True: print('x' * 65536)", timeout=0.5).set_level(DEBUG)


async def test_one_that_hangs_is_killed_with_what_it_started(tmp_path: Path) -> None:
    fifo = tmp_path / "pids"
    os.mkfifo(fifo)
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
        "open(sys.argv[1], 'w').write(f'{os.getpid()} {child.pid}')\n"
        "time.sleep(1000)\n"
    )
    task = asyncio.create_task(python(code, str(fifo), timeout=1000).set_level(DEBUG))
    pids = [int(word) for word in (await asyncio.to_thread(fifo.read_text)).split()]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for pid in pids:
        await gone(pid)


async def test_too_slow_is_said_so() -> None:
    with pytest.raises(DeadlineExceeded, match=r"within 0\.2 s"):
        await python("import time; time.sleep(1000)", timeout=0.2).set_level(DEBUG)


async def test_one_that_leaves_a_daemon_behind_is_not_waited_for(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=open(sys.argv[2]), start_new_session=True)\n"
        "open(sys.argv[1], 'w').write(str(child.pid))\n"
    )
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    # Open for both ways, so that neither end waits for the other.
    writer = os.open(fifo, os.O_RDWR)
    try:
        await python(code, str(pid), str(fifo)).set_level(DEBUG)
        os.kill(int(pid.read_text()), 0)
        os.write(writer, b"\n")
        await gone(int(pid.read_text()))
    finally:
        os.close(writer)


async def test_what_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("no program")
    with pytest.raises(NotFound):
        await ExecHook([str(tmp_path / "missing")]).set_level(DEBUG)
    with pytest.raises(PermissionRefused):
        await ExecHook([str(script)]).set_level(DEBUG)
    script.chmod(0o755)
    with pytest.raises(Unavailable):
        await ExecHook([str(script)]).set_level(DEBUG)


async def test_no_descriptor_is_left_open() -> None:
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        await ExecHook(["/bin/true"]).set_level(DEBUG)
        with pytest.raises(NotFound):
            await ExecHook(["/missing"]).set_level(DEBUG)
    # The transport of a pipe closes its descriptor some turns of the loop later.
    await until(lambda: len(os.listdir("/proc/self/fd")) <= len(before))


@pytest.mark.parametrize("argv", [[], ["{level}"], ["/bin/true", "{nothing}"]])
def test_a_command_that_makes_no_sense_is_refused(argv: list[str]) -> None:
    with pytest.raises(ConfigError):
        ExecHook(argv)
