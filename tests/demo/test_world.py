"""The demo does its job as a person would run it, and leaves nothing behind however it ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import psutil
import pytest

from corvo_agent.demo.check import check
from corvo_agent.demo.check_rest import REST_ATTEMPTS
from corvo_agent.demo.workers import WORKERS
from corvo_agent.demo.world import NAME, SECOND_NAME, SLOW_NAME, DemoWorld
from tests.diagnostics.kit import until
from tests.stub.kit import refused
from tests.world.machine import needs

pytestmark = pytest.mark.integration
MARK = "--- next ---"


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short one: Unix sockets have their place in it, and a long one is left for another."""
    return tmp_path_factory.mktemp("d")


def folders(temporary: Path) -> list[str]:
    return sorted(path.name for path in temporary.iterdir())


@asynccontextmanager
async def demo(temporary: Path, *options: str) -> AsyncIterator[Process]:
    """``corvo demo`` with its temporary files below ``temporary``."""
    process = await asyncio.create_subprocess_exec(
        # Not the usual port: other tests count on it that nobody is there.
        *(sys.executable, "-m", "corvo_agent", "demo", "--port", "0", *options),
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def introduction(process: Process) -> str:
    """What it prints until it waits for Ctrl-C."""
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("Ctrl-C"):
        lines.append((await process.stdout.readline()).decode())
        assert lines[-1], f"it ended: {(await process.stderr.read()).decode()}"
    return "".join(lines)


def commands(text: str) -> list[str]:
    """What it says to type."""
    return [line.strip() for line in text.splitlines() if line.startswith("  ")]


def listening(text: str) -> set[int]:
    """Every port that it names: of etcd, the gateway and the agent."""
    ports = set(map(int, re.findall(r"127\.0\.0\.1:(\d+)", text)))
    assert len(ports) == 3
    return ports


def hub_below(temporary: Path) -> psutil.Process:
    """The process that answers for the workers: it is no child of the demo's."""
    (found,) = (
        each
        for each in psutil.process_iter(["cmdline"])
        if "corvo_agent.hub.main" in str(each.info["cmdline"]) and str(temporary) in str(each.info["cmdline"])
    )
    return found


def has_ended(process: psutil.Process) -> bool:
    """Whether it runs no more; that init has not heard of it yet is no matter of the demo's."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def gone(processes: list[psutil.Process]) -> None:
    """Wait until every one of them has ended."""
    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, 60)
    assert alive == []


async def test_check_drives_it_and_says_what_held(tmp_path: Path) -> None:
    async with demo(tmp_path, "--check") as process:
        out, err = await process.communicate()
    assert (process.returncode, err.decode().count("FAILED")) == (0, 0), err.decode()
    rows = [line.split("\t") for line in out.decode().splitlines()]
    assert rows[0] == ["WHAT", "HELD", "SEEN"]
    assert {row[1] for row in rows[1:]} == {"yes"}
    tried = [row[0] for row in rows]
    assert "level by etcdctl" in tried
    assert [what for what in tried if "REST" in what] == list(REST_ATTEMPTS)
    assert folders(tmp_path) == []


@pytest.mark.timeout(600)
@needs("curl")
async def test_every_line_that_it_prints_works_as_printed(tmp_path: Path) -> None:
    async with demo(tmp_path) as process:
        lines = commands(await introduction(process))
        assert sum("curl" in line for line in lines) == 6
        # One shell, as one terminal; a mark behind each line tells the outputs apart.
        script = "".join(f"{line}\necho\necho '{MARK}'\n" for line in lines)
        shell = await asyncio.create_subprocess_exec("sh", "-euc", script, stdout=PIPE, stderr=STDOUT, cwd=tmp_path)
        said = (await shell.communicate())[0].decode()
        assert shell.returncode == 0, said
        of = dict(zip(lines, said.split(MARK), strict=False))
        for line, output in of.items():
            assert output.strip() or line.startswith("export"), f"{line} said nothing"
            if "curl" in line:
                answers = [orjson.loads(answer) for answer in output.splitlines() if answer]
                assert answers
                assert not any("code" in answer or "error" in answer for answer in answers), output
        assert "summary" in of[next(line for line in lines if line.startswith("curl") and "Debug?" in line)]
        rows = [line.split("\t") for line in of[next(line for line in lines if line.endswith(" ls"))].splitlines()]
        assert {row[0]: row[-1] for row in rows if len(row) > 1} == {
            "NAME": "WORKERS",
            NAME: "1",
            SECOND_NAME: str(WORKERS),
            SLOW_NAME: "1",
        }
        assert f"{NAME}: Debug (override" in of[next(line for line in lines if " level " in line)]


async def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    async with demo(tmp_path) as process:
        ports = listening(await introduction(process))
        children = psutil.Process(process.pid).children(recursive=True)
        # etcd, the workers, the slow service, and who cleans up behind each folder
        assert len(children) >= 6
        hub = hub_below(tmp_path)
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
        await until(lambda: has_ended(hub))
    await gone(children)
    assert folders(tmp_path) == []
    for port in ports:
        assert await refused(port)


@needs("python")
async def test_killed_in_the_middle_it_leaves_nothing_either(tmp_path: Path) -> None:
    async with demo(tmp_path) as process:
        ports = listening(await introduction(process))
        children = [*psutil.Process(process.pid).children(recursive=True), hub_below(tmp_path)]
        process.kill()
        await process.wait()
    await gone(children)
    assert folders(tmp_path) == []
    for port in ports:
        assert await refused(port)


@needs("python")
async def test_what_does_not_hold_is_said_and_the_rest_is_tried_all_the_same() -> None:
    async with DemoWorld() as world:
        await world.agent.aclose()
        findings = [finding async for finding in check(world, patience=0.7)]
    held = {finding.what: finding.held for finding in findings}
    assert not held["logs over gRPC"]
    assert not held["stats over gRPC"]
    assert not held["level by a put"]
    # What holds may take longer, on a machine that stands still.
    (listed,) = [finding for finding in findings if finding.what == "modules over REST"]
    assert listed.held or listed.seen == "not within 0.7 s"
    assert not held["queries over REST"]
    assert not held["both at once over REST"]
    assert len(held) == 11
