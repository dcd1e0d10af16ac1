"""What a command takes of a gateway is what the table says, and the guide."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
import pytest_asyncio

from corvo_agent.access.roles import Role
from corvo_agent.access.rules import COMMANDS
from corvo_agent.access.tokens import new_token
from corvo_agent.cli.main import cli
from corvo_agent.gateway.app import Gateway
from tests.gateway.agents import AgentFarm
from tests.gateway.conftest import LOCAL, Store, settled
from tests.gateway.modules import module
from tests.guides.text import TEXT

from .kit import corvo

# They look at this machine, or are programs of their own.
OF_NO_GATEWAY = {"demo", "agent", "gateway", "writer", "run", "ps", "attach"}
OF_NO_GATEWAY |= {"token", "completion", "context", "doctor", "guide", "init", "manifest", "mcp"}
TRIED = {
    "modules list": ("modules", "list"),
    "modules get": ("modules", "get", "a1"),
    "stats": ("stats", "a1"),
    "logs": ("logs", "a1", "-n", "1"),
    "errors": ("errors", "a1"),
    "stacks": ("stacks", "a1"),
    "level": ("level", "a1", "Debug"),
    "modules label": ("modules", "label", "a1", "x=y"),
    "profile": ("profile", "a1", "cmdline", "-o", "/dev/null"),
    "modules create": ("modules", "create", "new"),
    "action": ("action", "a1", "greet"),
    "modules delete": ("modules", "delete", "a1", "--yes"),
}
REFUSED = 5


@pytest_asyncio.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that knows a token of each role, which lies in a file of its name."""
    lines = []
    for role in Role:
        token, line = new_token(role, role.text, None)
        lines.append(line)
        (tmp_path / role.text).write_text(token)
    path = tmp_path / "tokens"
    path.write_text("\n".join(lines))
    path.chmod(0o600)
    settings = replace(LOCAL, token_file=str(path))
    async with Store() as store, AgentFarm(store) as agents, Gateway(store, settings) as running:
        await agents.start(module("a1"))
        await settled(running, store)
        yield running


@pytest.mark.parametrize("role", Role)
async def test_each_role_and_each_command(gateway: Gateway, tmp_path: Path, role: Role) -> None:
    where = ("--gateway", gateway.url, "--gateway-token-file", str(tmp_path / role.text))
    outcomes = {name: await corvo(*words, *where) for name, words in TRIED.items()}
    refused = {name: outcome.code == REFUSED for name, outcome in outcomes.items()}
    assert refused == {name: role < COMMANDS[name] for name in TRIED}
    for name, outcome in outcomes.items():
        told = f"it takes the role {COMMANDS[name].text}, of another token: --gateway-token-file"
        assert (told in outcome.err) == refused[name], name


def test_the_table_has_every_command() -> None:
    context = click.Context(cli)
    found = set()
    for name in set(cli.list_commands(context)) - OF_NO_GATEWAY:
        command = cli.get_command(context, name)
        below = command.commands if isinstance(command, click.Group) else {"": None}
        found |= {f"{name} {each}".strip() for each in below}
    assert found == COMMANDS.keys()


def test_the_guide_shows_the_table() -> None:
    for role in Role:
        row = re.search(rf"^\| `{role.text}` \|.*\|(.*)\|$", TEXT, re.MULTILINE)
        assert row is not None
        assert set(re.findall("`(.+?)`", row[1])) == {name for name, least in COMMANDS.items() if least is role}
