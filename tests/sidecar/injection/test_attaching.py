"""An agent is brought into a process whatever it does, and taken away again; where that is not possible it is said."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from corvo_agent.errors import DeadlineExceeded, Unsupported
from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.sidecar.injection.attaching import attached_inside
from tests.profiles.spawn import running

from .kit import python_with_protocol, state_of, unprepared
from .test_guest import settled

LOCKED = "import threading; print('ready', flush=True); lock = threading.Lock(); lock.acquire(); lock.acquire()"
# The main thread is in a lock, another one at work.
WORKER = """
import threading
def work():
    while True:
        sum(range(1000))
threading.Thread(target=work, daemon=True).start()
print("ready", flush=True)
lock = threading.Lock(); lock.acquire(); lock.acquire()
"""


def temporary_files(process: subprocess.Popen[bytes]) -> set[str]:
    return {name for name in os.listdir(f"/proc/{process.pid}/root/tmp") if name.startswith("corvo-attach-")}


async def test_an_idle_loop_takes_it_and_nothing_is_left() -> None:
    with unprepared(python_with_protocol()) as process:
        before, files = state_of(process), temporary_files(process)
        for _ in range(2):
            async with attached_inside(process.pid) as agent:
                profile = decode(await agent.take("goroutine", ProfileRequest()))
                await agent.hold_level("Debug", {}, 600)
            assert any("holder" in [label.value for label in sample.labels] for sample in profile.samples)
            await settled(process, before)
        assert temporary_files(process) <= files


async def test_a_thread_at_work_takes_it_when_the_main_one_cannot() -> None:
    with running(python_with_protocol(), "-I", "-c", WORKER) as process:
        async with attached_inside(process.pid) as agent:
            profile = decode(await agent.take("goroutine", ProfileRequest()))
    assert any(frame.function.endswith("work") for sample in profile.samples for frame in sample.stack)


async def test_when_no_thread_takes_it_it_is_withdrawn() -> None:
    with running(python_with_protocol(), "-I", "-c", LOCKED) as process:
        files = temporary_files(process)
        with pytest.raises(DeadlineExceeded, match="every thread is in a lock"):
            async with attached_inside(process.pid):
                pass
        assert temporary_files(process) <= files
        assert len(os.listdir(f"/proc/{process.pid}/task")) == 1


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python can be attached to")
async def test_below_3_14_it_is_refused_with_the_reason() -> None:
    with unprepared() as process, pytest.raises(Unsupported, match="no safe moment") as refused:
        async with attached_inside(process.pid):
            pass
    assert f"it runs Python 3.{sys.version_info.minor}" in str(refused.value)


async def test_a_process_that_forbids_it_is_left_alone() -> None:
    environment = {**os.environ, "PYTHON_DISABLE_REMOTE_DEBUG": "1"}
    process = running(sys.executable, "-c", "print('ready', flush=True); input()", env=environment)
    with process as started, pytest.raises(Unsupported, match="PYTHON_DISABLE_REMOTE_DEBUG forbids"):
        async with attached_inside(started.pid):
            pass


async def test_what_runs_no_python_is_refused() -> None:
    with running("sh", "-c", "echo ready; cat") as process, pytest.raises(Unsupported, match="does not run Python"):
        async with attached_inside(process.pid):
            pass
