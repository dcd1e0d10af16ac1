"""The commands of README and guides: each is one, and those that end do what they say."""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path

import click
import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.cli.main import cli
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.app import Gateway
from corvo_agent.levels.level import Level
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import corvo
from tests.cli.place import Place
from tests.diagnostics.kit import until
from tests.guides.text import TEXT, TUTORIAL, block

ENDLESS = {"-f", "top", "gateway", "writer", "agent", "run"}
# What takes so many seconds there takes as long as is needed to see that it works.
SECONDS = {"--seconds", "--cpu"}


def commands(kinds: str = "console|sh", text: str = TEXT) -> list[list[str]]:
    """The arguments of every ``corvo`` that README and guides call; ``...`` stands for more of them.

    What stands in a block of ``sh`` needs more than a module and its gateway, and is not run here.
    """
    blocks = re.findall(rf"```(?:{kinds})\n(.*?)```", text.replace("\\\n", ""), re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    called = [
        line.partition(" && ")[0].partition(" > ")[0].replace(" ... ", " ")
        for line in lines
        if line.startswith("corvo ")
    ]
    return [shlex.split(line, comments=True)[1:] for line in called]


def session(name: str) -> list[tuple[str, list[str]]]:
    """The commands of an example, each with what it prints there."""
    commands = block(f"example: {name}").removeprefix("$ ").split("\n$ ")
    return [(lines[0], lines[1:]) for lines in map(str.splitlines, commands)]


def test_there_are_some() -> None:
    assert len(commands()) >= 19
    assert len(session("etcdctl")) == 5


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_each_one_is_a_command_with_such_options(arguments: list[str]) -> None:
    command: click.Command = cli
    context = click.Context(cli)
    rest = list(arguments)
    while isinstance(command, click.Group):
        found = command.get_command(context, rest[0])
        assert found is not None, rest[0]
        command = found
        context = click.Context(command, parent=context, info_name=rest.pop(0))
    command.make_parser(context).parse_args(rest)


async def test_those_that_end_do_what_they_say(
    gateway: Gateway, agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def list_objects(parameters: dict[str, str]) -> list[str]:
        return [parameters["kind"]]

    agent.service.register_action("list-objects", list_objects)
    await Place(("--gateway", gateway.url), gateway).finds(agent.name)
    monkeypatch.setenv("CORVO_GATEWAY", gateway.url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDITOR", "true")
    assert (await corvo("modules", "label", agent.name, "team=network")).code == 0
    for arguments in commands("console", TEXT.replace(TUTORIAL.read_text(), "")):
        if not ENDLESS.isdisjoint(arguments) and "--once" not in arguments:
            continue
        here = [word.replace("node1-pen-spyglass", agent.name) for word in arguments]
        here = ["0.1" if before in SECONDS else word for before, word in zip(["", *here], here, strict=False)]
        outcome = await corvo(*here, *(["--yes"] if here[:2] == ["level", "-l"] else []))
        assert outcome.code == 0, (here, outcome.err)
    assert (tmp_path / "cpu.pb.gz").exists()


async def test_levels_are_driven_with_etcdctl_as_it_says(
    etcd: EmbeddedEtcd, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORVO_ETCD", etcd.endpoint)
    (assignment, _), *others = session("etcdctl")
    for line, printed in others:
        said = line.replace("$KEY", assignment.removeprefix("KEY=")).replace("node1-pen-spyglass", agent.name)
        program, *arguments = shlex.split(said)
        if program == "corvo":
            await until(lambda: "Debug (log-level)" in repr(agent))
            out = (await corvo(*arguments)).out
        else:
            assert (program, etcd.etcdctl is not None) == ("etcdctl", True)
            process = await asyncio.create_subprocess_exec(
                str(etcd.etcdctl), "--endpoints", etcd.endpoint, *arguments, stdout=asyncio.subprocess.PIPE
            )
            out = (await process.communicate())[0].decode()
        if "get" in arguments:
            assert '"spec":{"log-level":"Debug"}' in out
            assert '"spec":{"log-level":"Debug"}' in printed[0]
        else:
            assert out.splitlines() == [text.replace("node1-pen-spyglass", agent.name) for text in printed]
    assert "Debug (log-level)" in repr(agent)


async def test_a_control_is_written_with_etcdctl_as_it_says(
    etcd: EmbeddedEtcd, agent: Agent, modules: ModuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORVO_ETCD", etcd.endpoint)
    (put, printed), (clear, told) = session("control")
    await modules.set_level(agent.name, "Debug")
    arguments = shlex.split(put.replace("node1-pen-spyglass", agent.name))[1:]
    process = await asyncio.create_subprocess_exec(
        str(etcd.etcdctl), "--endpoints", etcd.endpoint, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert (await process.communicate())[0].decode().splitlines() == printed
    await until(lambda: agent.level.loggers == {"http": Level.DEBUG})
    outcome = await corvo(*shlex.split(clear.replace("node1-pen-spyglass", agent.name))[1:])
    assert outcome.out.splitlines() == [text.replace("node1-pen-spyglass", agent.name) for text in told]
    await until(lambda: agent.level.loggers == {})
