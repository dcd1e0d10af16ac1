"""A foreign process is measured anew at each question, and its absence is said."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

import orjson
import psutil
import pytest

from corvo_agent.access.caller import Caller, calling
from corvo_agent.access.roles import Role
from corvo_agent.diagnostics.handlers.stats import StatsHandler
from corvo_agent.diagnostics.messages.payloads import decode_stats
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import NotFound, Unsupported
from corvo_agent.sidecar.answers.process_stats import ProcessStats
from corvo_agent.sidecar.target.process import target_of_pid
from corvo_agent.stats import cpu_share
from corvo_agent.stats.expvar import ExpvarRegistry
from corvo_agent.stats.variables import render
from tests.profiles.spawn import burnt, load, running

SCRIPT = "import sys; print('ready', flush=True); sys.stdin.read()"


def test_every_variable_tells_of_the_target() -> None:
    with load("shares", "3") as process:
        registry = ExpvarRegistry()
        ProcessStats(target_of_pid(process.pid)).publish(registry)
        facts = {name: orjson.loads(render(variable)) for name, variable in registry.variables().items()}
    assert set(facts) == {"cpustats", "memstats", "cmdline", "runtime", "threads", "io", "limits", "cgroup"}
    assert facts["cpustats"]["NumThreads"] == 5
    assert facts["memstats"]["PeakRSS"] >= facts["memstats"]["RSS"] > 1 << 20
    assert facts["cmdline"][-2:] == ["shares", "3"]
    assert facts["runtime"]["Pid"] == process.pid
    assert facts["runtime"]["ParentPid"] == os.getpid()
    assert facts["runtime"]["FileDescriptors"]["Open"] >= 3
    assert facts["threads"][0]["Id"] == process.pid
    assert len(facts["threads"]) == 5
    assert facts["io"]["ReadBytes"] > 0
    assert facts["limits"]["Max open files"]["Unit"] == "files"
    assert int(facts["limits"]["Max open files"]["Soft"]) == facts["runtime"]["FileDescriptors"]["Limit"]
    assert "Path" in facts["cgroup"]


def test_percent_is_of_the_time_since_the_last_question() -> None:
    with load("shares") as process:
        stats = ProcessStats(target_of_pid(process.pid))
        stats.cpu()
        began, asked = psutil.Process(process.pid).cpu_times().user, psutil.Process(process.pid).create_time()
        while psutil.Process(process.pid).cpu_times().user < began + 0.1:
            time.sleep(0)
        percent = stats.cpu()["Percent"]
        assert 0.9 * 100 * 0.1 / (time.time() - asked) < percent < 300


def test_percent_does_not_depend_on_who_else_asks() -> None:
    with load("idle") as process:
        stats = ProcessStats(target_of_pid(process.pid))
        burnt(process)
        one, other = stats.cpu()["Percent"], stats.cpu()["Percent"]
    assert one > 1
    assert other == pytest.approx(one, rel=0.5)


async def test_each_asker_hears_of_the_time_since_its_own_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_share, "_WINDOW", 0.0)
    with load("idle") as process:
        handler = StatsHandler()
        ProcessStats(target_of_pid(process.pid)).publish(handler.registry)

        async def percent(name: str) -> float:
            with calling(Caller(name, Role.VIEWER)):
                answer = await handler.handle(DebugQuery("Stats", {"expvar": "cpustats"}))
            return float(json.loads(decode_stats(answer.value)["cpustats"])["Percent"])

        await percent("seldom")
        await percent("often")
        await asyncio.to_thread(burnt, process)
        assert await percent("often") > 1
        # Nothing since its last question, but much since that of the other one.
        busy = [await percent("often") for _ in range(20)][-1]
        assert await percent("seldom") > max(busy, 1)


def test_secrets_on_the_command_line_are_masked() -> None:
    with running(sys.executable, "-c", SCRIPT, "--password", "hunter2") as process:
        assert ProcessStats(target_of_pid(process.pid)).command_line()[-2:] == ["--password", "***"]


def test_a_target_that_does_not_run_is_not_found() -> None:
    with load("idle") as process:
        find = target_of_pid(process.pid)
    stats = ProcessStats(find)
    for method in (stats.cpu, stats.memory, stats.command_line, stats.runtime, stats.threads, stats.io, stats.limits):
        with pytest.raises(NotFound, match="process of the module not found: it does not run, or not here"):
            method()


@pytest.mark.parametrize(
    ("raised", "expected", "text"),
    [
        (psutil.AccessDenied(7), Unsupported, "only its own user and administrators"),
        (PermissionError(), Unsupported, "run the agent as that user"),
        (psutil.NoSuchProcess(7), NotFound, "process .* not found"),
        (FileNotFoundError(), NotFound, "process .* not found"),
    ],
)
def test_what_the_kernel_refuses_is_said(
    raised: Exception, expected: type[Exception], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The kernel's refusals to another user, and a process that ends between two questions.
    def refuse(process: psutil.Process) -> None:
        raise raised

    monkeypatch.setattr(psutil.Process, "io_counters", refuse)
    with load("idle") as process, pytest.raises(expected, match=text):
        ProcessStats(target_of_pid(process.pid)).io()
