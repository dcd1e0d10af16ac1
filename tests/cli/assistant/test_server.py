"""``corvo mcp`` as an assistant meets it: by the SDK's own client, over the standard streams of a process."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import run_here
from tests.world.machine import needs

NAME = "node1-pen-npm"
LOOKS = {"list_modules", "errors", "logs", "stats", "history", "bundle", "stacks", "profile"}


@asynccontextmanager
async def assistant(etcd: EmbeddedEtcd, *options: str) -> AsyncIterator[Any]:
    """A client that has started ``corvo mcp``."""
    from mcp import Client, StdioServerParameters

    arguments = ["-m", "corvo_agent", "mcp", "--etcd", etcd.endpoint, *options]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CORVO_")}
    async with Client(StdioServerParameters(command=sys.executable, args=arguments, env=environment)) as client:
        yield client


async def answer(client: Any, tool: str, **arguments: object) -> Any:
    """What a tool answers; raises AssertionError for an error."""
    result = await client.call_tool(tool, arguments)
    text = result.content[0].text
    assert not result.is_error, text
    return text if result.structured_content is None else result.structured_content


async def refused(client: Any, tool: str, **arguments: object) -> str:
    """The words of an error."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    text: str = result.content[0].text
    return text


@needs("mcp")
async def test_its_tools_look_and_change_nothing(etcd: EmbeddedEtcd, agent: Agent) -> None:
    async with assistant(etcd) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools.keys() == LOOKS
        assert all(tool.annotations.read_only_hint and tool.description for tool in tools.values())
        (row,) = (await answer(client, "list_modules"))["modules"]
        assert (row["name"], row["status"]) == (NAME, "live")
        (found,) = (await answer(client, "errors", since="2026-01-01T00:00:00Z"))["modules"]
        assert (found["errors"], found["groups"][0]["message"]) == (1, "lost")
        # A service's name is enough.
        logs = (await answer(client, "logs", module="pen-npm", lines=1, level="Error"))["logs"]
        assert [record["msg"] for record in logs] == ["lost"]
        assert "NumCPUs" in (await answer(client, "stats", module=NAME, variable="cpustats"))["stats"]["cpustats"]
        assert (await answer(client, "history", module=NAME))["changes"] is not None
        assert "MainThread" in str(await answer(client, "stacks", module=NAME))
        summary = await answer(client, "profile", module=NAME, seconds=0.2)
        assert summary["of"]
        assert "not found" in await refused(client, "logs", module="nobody")
        assert "seconds" in await refused(client, "profile", module=NAME, seconds=600)


@needs("mcp")
async def test_levels_only_where_they_are_allowed_and_only_such_as_end(
    etcd: EmbeddedEtcd, agent: Agent, modules: ModuleStore
) -> None:
    async with assistant(etcd, "--allow-level") as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == LOOKS | {"set_level"}
        state = await answer(client, "set_level", module="pen-npm", level="Debug", duration="2m", reason="slow")
        assert (state["level"], state["module"]) == ("Debug", NAME)
        assert "hour at most" in await refused(client, "set_level", module=NAME, level="Debug", duration="2h")
        assert "loud" in await refused(client, "set_level", module=NAME, level="loud")
    assert (await modules.get(NAME)).spec.log_level == ""


@needs("mcp")
async def test_a_bundle_lies_on_this_machine(etcd: EmbeddedEtcd, agent: Agent, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    async with assistant(etcd) as client:
        made = await answer(client, "bundle", modules=[NAME])
    assert made["file"].startswith(str(tmp_path))
    assert [file.stat().st_size for file in tmp_path.rglob("*.tar.gz")] == [made["bytes"]]


def test_without_its_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    outcome = run_here("mcp", "--etcd", "http://127.0.0.1:1")
    assert outcome.code == 1
    assert "corvo-agent[mcp]" in outcome.err
