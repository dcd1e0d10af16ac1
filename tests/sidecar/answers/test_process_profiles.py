"""Profiles of a process that the sidecar does not live in."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence

import pytest

from corvo_agent.diagnostics.handlers.profile import ProfileHandler
from corvo_agent.diagnostics.messages.payloads import decode_profile
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import InvalidArgument, NotFound, ResourceExhausted, Unsupported
from corvo_agent.profiles.pprof.model import Label, Profile
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.sampling.py_spy_process import find_py_spy
from corvo_agent.sidecar.answers.process_profiles import process_kinds
from corvo_agent.sidecar.target.process import FindTarget, target_of_pid
from tests.profiles.spawn import load, running, shares_of
from tests.world.machine import needs

EXECUTABLE = os.path.realpath(sys.executable)
SCRIPT = "import sys; print('ready', flush=True); sys.stdin.read()"

# Deeper than what py-spy reads.
DEEP = """
import sys
sys.setrecursionlimit(10_000)
def down(calls):
    if calls:
        return down(calls - 1)
    print("ready", flush=True)
    sys.stdin.read()
down(4_200)
"""


async def ask(find: FindTarget, program: Sequence[str] = (), **parameters: str) -> bytes:
    handler = ProfileHandler(process_kinds(find, program))
    return decode_profile((await handler.handle(DebugQuery("Profile", parameters))).value)


async def test_its_processor_time_is_sampled() -> None:
    with load("shares") as process:
        profile = decode(await ask(target_of_pid(process.pid), profile="profile", seconds="0.5", budget="100"))
    assert shares_of(profile, ["shares"]) == {"shares": 100}
    assert profile.comments[0] == "engine: py-spy, mode: cpu"
    assert profile.program == f"{EXECUTABLE} (interpreter)"


async def test_its_threads_are_dumped() -> None:
    with load("idle", "2") as process:
        profile = decode(await ask(target_of_pid(process.pid), profile="Goroutine"))
    names = {label.value for sample in profile.samples for label in sample.labels if label.key == "thread"}
    assert names == {"MainThread", "stdin", "idle-0", "idle-1"}
    assert any(Label("tid", process.pid) in sample.labels for sample in profile.samples)


async def test_its_command_line_is_masked() -> None:
    with running(sys.executable, "-c", SCRIPT, "token=abc") as process:
        answer = await ask(target_of_pid(process.pid), profile="cmdline")
    assert answer == b"\0".join([sys.executable.encode(), b"-c", SCRIPT.encode(), b"token=***"])


async def test_what_needs_its_inside_is_not_offered() -> None:
    with pytest.raises(InvalidArgument, match="valid: cmdline, goroutine, profile"):
        await ask(target_of_pid(os.getpid()), profile="heap")


@pytest.mark.parametrize("kind", ["profile", "goroutine", "cmdline"])
async def test_a_target_that_does_not_run_is_not_found(kind: str) -> None:
    with pytest.raises(NotFound, match="it does not run, or not here"):
        await ask(lambda: None, profile=kind)


async def test_one_with_other_parameters_waits_for_its_turn_and_is_refused_when_that_does_not_come() -> None:
    with load("idle") as process:
        handler = ProfileHandler(process_kinds(target_of_pid(process.pid)))
        query = DebugQuery("Profile", {"profile": "profile", "seconds": "60"})
        first = asyncio.create_task(handler.handle(query))
        await asyncio.sleep(0)
        with pytest.raises(ResourceExhausted, match="CPU profiles of the process at a time: at most 1"):
            await handler.handle(DebugQuery("Profile", {**query.parameters, "mode": "wall"}))
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_who_asks_again_and_again_and_who_asks_for_long_share_one_sampler() -> None:
    with load("shares") as process:
        handler = ProfileHandler(process_kinds(target_of_pid(process.pid)))

        async def taken(seconds: str) -> Profile:
            query = DebugQuery("Profile", {"profile": "profile", "seconds": seconds, "budget": "100"})
            return decode(decode_profile((await handler.handle(query)).value))

        long = asyncio.create_task(taken("3"))
        short = [await taken("0.5"), await taken("0.5")]
        whole = await long
    for each in (*short, whole):
        assert shares_of(each, ["shares"]) == {"shares": 100}
    assert all(each.duration_ns < whole.duration_ns for each in short)
    assert whole.duration_ns > 2.5e9
    assert any(comment.endswith("others were profiling the process, too") for comment in whole.comments)


def ordinary_user() -> Sequence[str]:
    """py-spy as somebody who may not look into a process of root's."""
    found = find_py_spy()
    assert found is not None
    setpriv = shutil.which("setpriv")
    if os.geteuid() or setpriv is None:
        return (found,)
    return (setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups", found)


async def test_when_the_system_refuses_it_says_what_to_allow() -> None:
    # Of process 1 for an ordinary user, of this one for one that root has become.
    target = 1 if os.geteuid() else os.getpid()
    with pytest.raises(Unsupported, match=r"reading the memory of process \d+ was refused") as refused:
        await ask(target_of_pid(target), ordinary_user(), profile="goroutine")
    assert "CAP_SYS_PTRACE" in str(refused.value) or "SYS_PTRACE" in str(refused.value)


async def test_one_that_is_too_deep_to_read_is_told_as_what_it_may_be() -> None:
    deeper = pytest.raises(Unsupported, match="deeper than the 4096 frames that py-spy reads")
    with running(sys.executable, "-c", DEEP) as process, deeper:
        await ask(target_of_pid(process.pid), profile="goroutine")


@needs("python")
async def test_its_profile_is_refused_after_up_to_ten_seconds() -> None:
    deeper = pytest.raises(Unsupported, match="deeper than the 4096 frames that py-spy reads")
    with running(sys.executable, "-c", DEEP) as process, deeper:
        await ask(target_of_pid(process.pid), profile="profile", seconds="1")


async def test_a_process_that_forbids_it_is_left_alone() -> None:
    environment = {**os.environ, "PYTHON_DISABLE_REMOTE_DEBUG": "1"}
    with running(sys.executable, "-c", SCRIPT, env=environment) as process:
        for kind in ("profile", "goroutine"):
            with pytest.raises(Unsupported, match="PYTHON_DISABLE_REMOTE_DEBUG forbids looking into process"):
                await ask(target_of_pid(process.pid), profile=kind)
