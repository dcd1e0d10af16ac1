"""What a command takes of a gateway is what the table says, and the guide: each is tried by each role, and by none."""

from __future__ import annotations

import asyncio
import re
import signal
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
import pytest_asyncio

from corvo_agent.access.roles import Role
from corvo_agent.access.rules import COMMANDS
from corvo_agent.access.tokens import new_token
from corvo_agent.cli.failures import CTRL_C
from corvo_agent.cli.main import cli
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.gateway.app import Gateway
from tests.gateway.conftest import LOCAL, Store, settled
from tests.gateway.modules import module
from tests.guides.text import TEXT
from tests.integration.corvo_processes import CORVO

from .kit import Outcome, corvo

# They look at this machine, or are programs of their own.
OF_NO_GATEWAY = {"demo", "agent", "gateway", "writer", "run", "ps", "attach"}
OF_NO_GATEWAY |= {"token", "completion", "context", "doctor", "guide", "init", "manifest", "mcp"}
# Those that read before those that change, those that take something away last.
TRIED = {
    "modules list": ("modules", "list"),
    "modules get": ("modules", "get", "a1"),
    "modules watch": ("modules", "watch", "a1"),
    "ls": ("ls", "a1"),
    "history": ("history", "a1"),
    "stats": ("stats", "a1"),
    "logs": ("logs", "a1", "-n", "1"),
    "errors": ("errors", "a1"),
    "stacks": ("stacks", "a1"),
    "level": ("level", "a1", "Debug", "--no-wait"),
    "modules edit": ("modules", "edit", "a1"),
    "modules label": ("modules", "label", "a1", "x=y"),
    "profile": ("profile", "a1", "cmdline", "-o", "/dev/null"),
    "blocked": ("blocked", "a1", "--seconds", "0.1"),
    "memory": ("memory", "a1"),
    "top": ("top", "a1", "--once", "--interval", "0.2"),
    "bundle": ("bundle", "a1", "-o", "{folder}/bundle", "-n", "1", "--cpu", "0", "--profile", "threadcreate"),
    "modules create": ("modules", "create", "new"),
    "action": ("action", "a1", "greet"),
    "modules delete": ("modules", "delete", "a1", "--yes"),
}
# Goes on until it is ended.
UNENDING = {"modules watch"}
REFUSED = 5
# What gives what the token may have, and tells what is missing and which role that takes; its exit code then.
IN_PART = {"top": 0, "bundle": 1}


async def watch(*arguments: str) -> Outcome:
    """Run ``corvo`` with ``arguments`` in a process until it has shown a line, then end it by Ctrl-C."""
    process = await asyncio.create_subprocess_exec(*CORVO, *arguments, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    try:
        line = await process.stdout.readline()
        if line:
            process.send_signal(signal.SIGINT)
    except BaseException:
        process.kill()
        raise
    finally:
        _, err = await process.communicate()
    assert process.returncode is not None
    code = 0 if process.returncode == CTRL_C else process.returncode
    return Outcome(code, line.decode(), err.decode(), line)


@pytest_asyncio.fixture
async def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    """A gateway that knows a token of each role, which lies in a file of its name, and a1, a module with its agent."""
    lines = []
    for role in Role:
        token, line = new_token(role, role.text, None)
        lines.append(line)
        (tmp_path / role.text).write_text(token)
    path = tmp_path / "tokens"
    path.write_text("\n".join(lines))
    path.chmod(0o600)
    log = tmp_path / "log"
    log.write_text('{"level":"info","ts":"2026-11-23T04:02:06Z","msg":"connected"}\n')
    # What an operator types into the editor.
    monkeypatch.setenv("EDITOR", "sed -i s/Info/Warn/")
    monkeypatch.delenv("VISUAL", raising=False)
    # What is typed and refused is kept in a file.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings = replace(LOCAL, token_file=str(path))
    service = DiagnosticsService.with_defaults("a1", "node1", log_file=str(log))
    service.register_action("greet", lambda parameters: "hello")
    async with Store() as store, service, DiagnosticsServer([service]) as server, Gateway(store, settings) as running:
        await store.put_endpoint("a1", server.address)
        await store.put_module(module("a1"))
        await settled(running, store)
        yield running


@pytest.mark.parametrize("role", [None, *Role])
async def test_each_role_and_each_command(gateway: Gateway, tmp_path: Path, role: Role | None) -> None:
    where: tuple[str, ...] = ("--gateway", gateway.url)
    if role is not None:
        where += ("--gateway-token-file", str(tmp_path / role.text))
    outcomes = {}
    for name, words in TRIED.items():
        run = watch if name in UNENDING else corvo
        outcomes[name] = await run(*(word.format(folder=tmp_path) for word in words), *where)
    for name, outcome in outcomes.items():
        if role is None:
            assert outcome.code == REFUSED, name
            assert "it wants a token that it knows: --gateway-token-file FILE" in outcome.err, name
            continue
        least = COMMANDS[name]
        told = (
            f"it takes the role {least.text}, of another token (--gateway-token-file FILE)" in outcome.out + outcome.err
        )
        code = IN_PART.get(name, REFUSED) if role < least else 0
        assert (outcome.code, told) == (code, role < least), name


@pytest.mark.parametrize(
    ("role", "faults"),
    [
        (None, {"gateway": "a token by --gateway-token-file, of the role viewer at least"}),
        (Role.VIEWER, {"its log": "a log takes the role reader"}),
        (Role.READER, {}),
    ],
)
async def test_the_doctor_says_which_role_is_missing(
    gateway: Gateway, tmp_path: Path, role: Role | None, faults: dict[str, str]
) -> None:
    token = () if role is None else ("--gateway-token-file", str(tmp_path / role.text))
    outcome = await corvo("doctor", "a1", "--gateway", gateway.url, *token)
    found = {what: do for verdict, what, _, do in outcome.rows if verdict == "FAULT"}
    assert (outcome.code, found.keys()) == (bool(faults), faults.keys())
    for what, do in faults.items():
        assert do in found[what]


def test_the_table_has_every_command() -> None:
    context = click.Context(cli)
    found = set()
    for name in set(cli.list_commands(context)) - OF_NO_GATEWAY:
        command = cli.get_command(context, name)
        below = command.commands if isinstance(command, click.Group) else {"": None}
        found |= {f"{name} {each}".strip() for each in below}
    assert found == COMMANDS.keys() == TRIED.keys()


def test_the_guide_shows_the_table() -> None:
    for role in Role:
        row = re.search(rf"^\| `{role.text}` \|.*\|(.*)\|$", TEXT, re.MULTILINE)
        assert row is not None
        assert set(re.findall("`(.+?)`", row[1])) == {name for name, least in COMMANDS.items() if least is role}
