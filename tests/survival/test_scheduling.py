"""What reads logs beside a host lets the host go first, and keeps its share."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from corvo_agent.agent.build import build_agent
from corvo_agent.agent.settings import AgentSettings
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.survival.scheduling import be_interrupted, let_others_first
from corvo_agent.threads import in_thread

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that has these policies")
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")


def held() -> tuple[int, int]:
    """The policy and the nice value of this thread."""
    return os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)


async def usual() -> tuple[int, int]:
    """Those of a thread that changes nothing; that of the tests may have been the main thread of an agent before."""
    return await in_thread(held, "usual")


async def test_a_thread_lets_others_go_first_and_is_as_nice_as_before() -> None:
    policy, nice = await usual()
    if policy != os.SCHED_OTHER:
        pytest.skip("the tests run under another policy, which is kept")

    def changed() -> tuple[int, int]:
        let_others_first()
        return held()

    assert await in_thread(changed, "test") == (os.SCHED_BATCH, nice)
    assert await usual() == (policy, nice)


async def test_a_policy_that_was_chosen_is_kept() -> None:
    def idle() -> int:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        let_others_first()
        return os.sched_getscheduler(0)

    assert await in_thread(idle, "test") == os.SCHED_IDLE


def slice_of_this_thread() -> int:
    """Nanoseconds, by sched_getattr(2)."""
    found = ctypes.create_string_buffer(_ATTRIBUTES.size)
    assert ctypes.CDLL(None).syscall(315, 0, found, len(found), 0) == 0
    return int(_ATTRIBUTES.unpack(found.raw)[5])


@pytest.mark.skipif(
    platform.machine() != "x86_64" or tuple(map(int, platform.release().split(".")[:2])) < (6, 12),
    reason="threads choose their slice since Linux 6.12, and each architecture has numbers of its own",
)
@pytest.mark.parametrize("change", [be_interrupted, let_others_first])
async def test_its_slice_is_longer_than_that_of_others(change: Callable[[], None]) -> None:
    policy, nice = await usual()
    if policy != os.SCHED_OTHER or nice < 0:
        pytest.skip("the tests run under another policy or priority, which is kept")

    def changed() -> tuple[int, int]:
        change()
        return slice_of_this_thread(), os.getpriority(os.PRIO_PROCESS, 0)

    before, after = await in_thread(slice_of_this_thread, "before"), await in_thread(changed, "after")
    assert after == (100_000_000, nice)
    assert before < after[0]


async def test_what_a_main_thread_starts_is_as_usual() -> None:
    def started() -> str:
        be_interrupted()
        look = "import os; print(os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))"
        return subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True).stdout

    assert tuple(map(int, (await in_thread(started, "test")).split())) == await usual()


async def test_a_sidecar_reads_its_log_so_and_does_all_else_as_usual(tmp_path: Path) -> None:
    if (await usual())[0] != os.SCHED_OTHER:
        pytest.skip("the tests run under another policy, which is kept")
    own = held()
    log = tmp_path / "a.log"
    log.write_bytes(b'{"level":"info","msg":"news"}\n')
    before = threading.enumerate()
    settings = AgentSettings(module="pen-npm", node="node1", log_file=str(log))
    async with build_agent(settings) as agent, DiagnosticsClient(agent.address) as client:
        assert len(await client.logs({})) == 1
        readers = [each for each in threading.enumerate() if each not in before and each.name.startswith("corvo-logs")]
        assert {os.sched_getscheduler(each.native_id or 0) for each in readers} == {os.SCHED_BATCH}
        assert held() == own
