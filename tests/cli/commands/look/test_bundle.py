"""``corvo bundle`` with a real agent, and with ones that are gone or hang."""

from __future__ import annotations

import asyncio
import signal
import sys
import tarfile
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import orjson
import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.modules import ModuleStore
from corvo_agent.profiles.pprof.reader import decode

from ...kit import corvo
from ...place import Place

pytestmark = pytest.mark.integration
FILES = ["goroutine.pb.gz", "heap.pb.gz", "logs.jsonl", "module.json", "profile.pb.gz", "stacks.txt", "stats.json"]


def unpack(path: Path) -> dict[str, bytes]:
    """Files by their path below the top folder, which is called as the file is."""
    with tarfile.open(path) as tar:
        found = {}
        for name in tar.getnames():
            file = tar.extractfile(name)
            assert file is not None
            found[name.removeprefix(f"{path.name.removesuffix('.tar.gz')}/")] = file.read()
        return found


def add_line(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(line)


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def index(files: dict[str, bytes]) -> Any:
    return orjson.loads(files["manifest.json"])


async def test_everything_about_a_module_is_in_it_without_its_secrets(
    agent: Agent, place: Place, modules: ModuleStore, log_file: Path, tmp_path: Path
) -> None:
    secret = '{"level":"info","ts":"2026-11-23T04:02:07Z","msg":"login password=hunter2","token":"abc","pid":"7"}\n'
    add_line(log_file, secret)
    await modules.modify(agent.name, lambda module: module.with_spec(args=("app", "--password", "hunter2")))
    path = tmp_path / "case.tar.gz"
    outcome = await corvo("bundle", agent.name, *place.options, "-o", str(path), "--cpu", "0.1")
    assert outcome.code == 0, outcome.err
    files = unpack(path)
    assert sorted(files) == ["manifest.json", *(f"modules/{agent.name}/{file}" for file in FILES)]
    of = {file: files[f"modules/{agent.name}/{file}"] for file in FILES}
    assert not any(b"hunter2" in content for content in files.values())
    assert orjson.loads(of["module.json"])["spec"]["args"] == ["app", "--password", "***"]
    assert "level" in orjson.loads(of["module.json"])["applied"]
    last = orjson.loads(of["logs.jsonl"].splitlines()[-1])
    assert (last["msg"], last["token"]) == ("login password=***", "***")
    assert "cmdline" in orjson.loads(of["stats.json"])
    assert b"test_bundle" in of["stacks.txt"]
    assert decode(of["profile.pb.gz"]).duration_ns > 0
    told = index(files)
    assert told["asked"]["cpu_seconds"] == 0.1
    assert told["modules"][agent.name]["missing"] == {}
    assert "8 files of 1 module," in outcome.err


async def test_a_module_that_is_gone_is_said_and_the_file_is_written_all_the_same(
    agent: Agent, place: Place, tmp_path: Path
) -> None:
    path = tmp_path / "case.tar.gz"
    arguments = ("bundle", agent.name, "node9-gone", *place.options, "-o", str(path), "--cpu", "0", "-n", "1")
    outcome = await corvo(*arguments)
    assert outcome.code == 1
    assert "node9-gone: without module.json, stats.json, logs.jsonl" in outcome.err
    files = unpack(path)
    assert files[f"modules/{agent.name}/logs.jsonl"].count(b"\n") == 1
    told = index(files)["modules"]
    assert (told[agent.name]["missing"], told["node9-gone"]["files"]) == ({}, {})


async def test_modules_are_selected_and_an_agent_is_called_by_its_address(
    agent: Agent, place: Place, tmp_path: Path
) -> None:
    path = tmp_path / "case.tar.gz"
    quick = ("-o", str(path), "--cpu", "0", "--profile", "threadcreate")
    outcome = await corvo("bundle", "--field-selector", "status.module=pen-npm", *place.options, *quick)
    assert outcome.code == 0, outcome.err
    assert f"modules/{agent.name}/threadcreate.pb.gz" in unpack(path)
    outcome = await corvo("bundle", agent.name, "--address", agent.address, *quick)
    assert outcome.code == 0, outcome.err
    assert f"modules/{agent.name}/module.json" not in unpack(path)
    outcome = await corvo("bundle", "-l", "team=none", *place.options, *quick)
    assert (outcome.code, "module with team=none not found" in outcome.err) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name modules, or select them"),
        (("a", "-l", "b=c"), "not both"),
        (("a", "--cpu", "-1"), "--cpu"),
        (("a", "--max-time", "0"), "--max-time"),
    ],
)
async def test_wrong_usage_is_said(arguments: tuple[str, ...], words: str) -> None:
    outcome = await corvo("bundle", *arguments)
    assert (outcome.code, words in outcome.err) == (2, True)


async def test_a_terminal_sees_how_far_it_is(agent: Agent, place: Place, tmp_path: Path) -> None:
    path = tmp_path / "case.tar.gz"
    outcome = await corvo("bundle", agent.name, *place.options, "-o", str(path), "--cpu", "0", terminal=True)
    assert outcome.code == 0
    assert "bundle" in outcome.err.replace(str(path), "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_whatever_ends_it_leaves_no_half_file(number: signal.Signals, tmp_path: Path) -> None:
    """The agent takes the connection and says nothing."""
    asked = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        asked.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    command = (
        sys.executable,
        "-m",
        "corvo_agent",
        "bundle",
        "a",
        "--address",
        f"127.0.0.1:{port}",
        "-o",
        "case.tar.gz",
    )
    process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stderr=PIPE)
    await asked.wait()
    process.send_signal(number)
    await process.communicate()
    assert process.returncode == (130 if number is signal.SIGINT else -number)
    assert names(tmp_path) == []
    server.close()
