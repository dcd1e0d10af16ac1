"""``corvo attach``: the commands for modules on a process that was never prepared."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.sidecar.processes.python_process import python_below
from tests.cli.kit import corvo, run_here
from tests.other_user import as_nobody
from tests.profiles.spawn import load, running
from tests.sidecar.answers.test_process_tree import MASTER
from tests.sidecar.injection.kit import python_with_protocol, state_of, unprepared
from tests.stub.kit import becomes
from tests.world.machine import needs

WRITER = """
import logging, sys
form = '{"level":"%(levelname)s","ts":"2026-11-23T04:02:06Z","msg":"%(message)s"}'
logging.basicConfig(filename=sys.argv[1], format=form)
logging.error("it is lost")
print("ready", flush=True)
sys.stdin.read()
"""


def threads_and_files(pid: int) -> tuple[list[str], list[str]]:
    return sorted(os.listdir(f"/proc/{pid}/task")), sorted(os.listdir(f"/proc/{pid}/fd"))


def test_its_stacks_profile_and_statistics_are_one_command_each_and_nothing_is_left_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with load("shares", "2") as process:
        before = threads_and_files(process.pid)
        stacks = run_here("attach", str(process.pid))
        profile = run_here("attach", str(process.pid), "profile", "cpu", "seconds=0.5", "-o", "x.pb.gz")
        stats = run_here("attach", str(process.pid), "stats", "agent", "-o", "json")
        after = threads_and_files(process.pid)
    assert stacks.code == 0, stacks.err
    assert "2 x idle-0, idle-1" in stacks.out
    assert profile.code == 0, profile.err
    assert any(row[4].endswith(".burn") for row in profile.rows)
    assert stats.json["name"] == f"pid-{process.pid}"
    assert before == after
    assert os.listdir(tmp_path) == ["x.pb.gz"]
    assert not [thread for thread in threading.enumerate() if thread.name == "corvo-attach"]


OURS = """
from corvo_agent.cli.live.view import sparkline
print("ready", flush=True)
sparkline(range(10**12))
"""


def test_a_process_that_runs_corvo_agent_itself_is_shown_whole(tmp_path: Path) -> None:
    with running(sys.executable, "-c", OURS) as process:
        stacks = run_here("attach", str(process.pid))
        profile = run_here("attach", str(process.pid), "profile", "cpu", "seconds=0.5", "-o", str(tmp_path / "x.pb.gz"))
    for shown in (stacks, profile):
        assert "corvo_agent.cli.live.view.sparkline" in shown.out, shown.err
        assert "itself" not in shown.err


@needs("python")
def test_the_processes_below_it_are_profiled_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with running(sys.executable, "-c", MASTER) as process:
        asked = ("profile", "cpu", "--children", "--seconds", "0.5")
        # Half a second may go by without a processor for them.
        while not (profile := run_here("attach", str(process.pid), *asked)).rows and not profile.code:
            pass
        stacks = run_here("attach", str(process.pid), "stacks", "--children")
        assert process.stdin is not None
        process.stdin.close()
    assert profile.code == stacks.code == 0, (profile.err, stacks.err)
    assert any(row[4].endswith(".work") for row in profile.rows)
    assert "work" in stacks.out


def test_its_log_is_the_file_that_it_appends_to(tmp_path: Path) -> None:
    log = tmp_path / "own.log"
    with running(sys.executable, "-c", WRITER, str(log)) as process:
        by_number = run_here("attach", str(process.pid), "logs", "--level", "Error")
    assert by_number.code == 0, by_number.err
    assert f"reading {log}\n" in by_number.err
    assert "it is lost" in by_number.out


@pytest.mark.parametrize(
    ("process", "asked", "code", "words"),
    [
        ("4194305", (), 3, "process 4194305 not found: corvo ps lists those of this machine"),
        ("no such command line", (), 3, "no Python process has it in its command line"),
        ("HERE", ("ls",), 2, "COMMAND: not what a process can be asked from outside, got 'ls'"),
        ("HERE", ("level", "Debug"), 2, "it needs an agent inside the process: --inject brings one there"),
        ("HERE", ("logs",), 3, "it has no file open for appending; name one by --log-file"),
        ("HERE", ("memory",), 1, "it has to be taken from inside the process"),
    ],
)
def test_what_cannot_be_had_is_told(process: str, asked: tuple[str, ...], code: int, words: str) -> None:
    with load("idle") as target:
        outcome = run_here("attach", process.replace("HERE", str(target.pid)), *asked)
    assert (outcome.code, words in outcome.err) == (code, True), outcome.err


def test_a_part_of_the_command_line_has_to_be_that_of_one_process() -> None:
    with load("idle", "1", "--mark=only-here"), load("idle", "2", "--mark=only-here") as second:
        both = run_here("attach", "mark=only-here", "stats")
        one = run_here("attach", "idle 2 --mark=only-here", "stats", "agent", "-o", "json")
    assert both.code == 2
    assert "PROCESS: 2 processes have it in their command line" in both.err
    assert one.json["name"] == f"pid-{second.pid}"


@pytest.mark.parametrize("order", [("--inject", "PID"), ("PID", "--inject")])
def test_with_an_agent_inside_memory_and_a_level_can_be_had_and_nothing_is_left(order: tuple[str, str]) -> None:
    with unprepared(python_with_protocol()) as process:
        attach = ["attach", *(each.replace("PID", str(process.pid)) for each in order)]
        before = state_of(process)
        memory = run_here(*attach, "memory", "--top", "1000")
        stacks = run_here(*attach, "stacks")
        level = run_here(*attach, "level", "Debug", "--for", "0.3s")
        after = state_of(process)
    assert memory.code == stacks.code == level.code == 0, (memory.err, stacks.err, level.err)
    assert f"an agent runs inside process {process.pid} until this command ends" in memory.err
    assert "builtins.bytearray" in memory.out
    assert "holder" in stacks.out
    assert "Debug is in force in process" in level.err
    assert after.pop("debug") > before.pop("debug")
    assert after == before


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="an agent can be brought into this Python")
def test_below_3_14_none_is_brought_inside() -> None:
    with load("idle") as process:
        outcome = run_here("attach", str(process.pid), "--inject", "memory")
    assert outcome.code == 1
    assert "which has no safe moment for that" in outcome.err
    assert "Without --inject stacks, profile, top, stats and logs can be had" in outcome.err


@needs("root")
def test_what_another_user_s_process_has_open_is_refused_and_not_said_to_be_nothing(tmp_path: Path) -> None:
    with running(sys.executable, "-c", WRITER, str(tmp_path / "own.log")) as process:
        command = (*as_nobody(), sys.executable, "-m", "corvo_agent", "attach", str(process.pid), "logs")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 5, done.stderr
    assert f"looking for the log of process {process.pid}" in done.stderr


def test_a_process_that_runs_no_python_is_refused() -> None:
    with subprocess.Popen(("cat",), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        outcome = run_here("attach", str(process.pid))
        process.kill()
    assert (outcome.code, "it does not run Python" in outcome.err) == (2, True)


def test_what_unpacks_and_starts_a_python_is_refused_and_that_python_is_named() -> None:
    with subprocess.Popen(("sh", "-c", f"{sys.executable} -c 'input()'; :"), stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        while not (below := python_below(process.pid)):
            assert process.poll() is None
        outcome = run_here("attach", str(process.pid))
        process.stdin.close()
    assert outcome.code == 2
    assert f"it does not run Python; but what is below it does: {below[0]}" in outcome.err


@needs("python")
@pytest.mark.integration
async def test_it_is_a_module_for_as_long_as_that_lasts(etcd: EmbeddedEtcd, tmp_path: Path) -> None:
    log, url = tmp_path / "own.log", etcd.endpoint
    with running(sys.executable, "-c", WRITER, str(log)) as process:
        asked = (sys.executable, "-m", "corvo_agent", "attach", str(process.pid), "--as", "node1-shop", "--etcd", url)
        attached = await asyncio.create_subprocess_exec(*asked, stderr=asyncio.subprocess.PIPE)
        assert attached.stderr is not None
        told = (await attached.stderr.readline()).decode()

        async def announced() -> bool:
            return (await corvo("stats", "node1-shop", "runtime", "--etcd", url)).code == 0

        # It answers before its address is in etcd.
        await becomes(announced)
        logs = await corvo("logs", "node1-shop", "--level", "Error", "--etcd", url)
        stats = await corvo("stats", "node1-shop", "runtime", "-o", "json", "--etcd", url)
        attached.terminate()
        rest = await attached.stderr.read()
        code = await attached.wait()
        after = await corvo("modules", "get", "node1-shop", "--etcd", url)
    assert told.startswith(f"process {process.pid} is the module node1-shop, at "), told
    assert "it is lost" in logs.out, logs.err
    assert stats.json["Pid"] == process.pid
    assert (code, rest) == (0, b"")
    assert after.code == 3, after.out


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("--as", "node1-shop"), "--as needs --etcd URL"),
        (("--as", "shop", "--etcd", "http://127.0.0.1:1"), "must be NODE-MODULE"),
        (("--as", "node1-shop", "--etcd", "http://127.0.0.1:1", "stacks"), "goes without COMMAND"),
    ],
)
def test_what_is_no_module_is_refused(asked: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORVO_ETCD", raising=False)
    with load("idle") as process:
        outcome = run_here("attach", str(process.pid), *asked)
    assert (outcome.code, words in outcome.err) == (2, True), outcome.err
