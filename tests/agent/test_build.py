"""An agent from its configuration: limits, level hooks, and what decides which lines are shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.build import build_agent
from corvo_agent.client import DiagnosticsClient
from corvo_agent.config import AgentConfig
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import ConfigError, RemoteError
from corvo_agent.modules import ModuleStore
from corvo_agent.modules.etcd import EtcdStore
from corvo_agent.modules.etcd_options import EtcdOptions

LINES = b'{"level":"debug","msg":"detail"}\n{"level":"info","msg":"news"}\n{"level":"error","msg":"trouble"}\n'


@pytest.fixture
def log_file(tmp_path: Path) -> str:
    path = tmp_path / "a.log"
    path.write_bytes(LINES)
    return str(path)


async def messages(agent: Agent, **parameters: str) -> list[str]:
    async with DiagnosticsClient(agent.address) as client:
        return [record["msg"] for record in await client.logs(parameters)]


async def test_limits_are_those_of_the_configuration(log_file: str) -> None:
    async with build_agent(AgentConfig(module="pen-npm", node="node1", log_file=log_file, max_lines=2)) as agent:
        with pytest.raises(RemoteError, match=r"lines: .* from 0 to 2"):
            await messages(agent, lines="3")


async def test_without_a_hook_the_level_decides_which_lines_are_shown(log_file: str) -> None:
    config = AgentConfig(module="pen-npm", node="node1", log_file=log_file, default_level="Info")
    async with build_agent(config) as agent:
        assert await messages(agent) == ["news", "trouble"]
        assert await messages(agent, level="all") == ["detail", "news", "trouble"]


@pytest.mark.integration
async def test_a_level_hook_gets_the_level_and_tells_how_it_does(
    etcd: EmbeddedEtcd, log_file: str, tmp_path: Path
) -> None:
    target = tmp_path / "level"
    hook = f"file:{target} '{{level}}'"
    config = AgentConfig(
        module="pen-npm",
        node="node1",
        log_file=log_file,
        etcd=(etcd.endpoint,),
        level_hook=hook,
    )
    async with build_agent(config) as agent:
        assert await messages(agent) == ["detail", "news", "trouble"]
        async with EtcdStore(EtcdOptions.from_urls(etcd.endpoint)) as kv, DiagnosticsClient(agent.address) as client:
            assert agent.watcher is not None
            await agent.watcher.wait_for(lambda module: module is not None)
            await ModuleStore(kv).set_level(agent.name, "Error")
            async with asyncio.timeout(10):
                while not (target.exists() and target.read_text().lower() == "error"):
                    await client.stats("level-hooks")
            (told,) = (await client.stats("level-hooks"))["level-hooks"]
    assert "file" in told["name"]


@pytest.mark.parametrize("hook", ["zap", "nonsense:x", "signal:Debug=NOSUCH"])
def test_a_wrong_hook_is_refused_before_anything_starts(hook: str, log_file: str) -> None:
    with pytest.raises(ConfigError):
        build_agent(AgentConfig(module="pen-npm", log_file=log_file, level_hook=hook))
