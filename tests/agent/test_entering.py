"""What entering an agent waits for, and entering it again."""

from __future__ import annotations

import logging
import socket
import time
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.options import AgentOptions
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import Unavailable
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource
from corvo_agent.modules import Control, ControlStore, MemoryStore, Module, ModuleStore, key_of
from corvo_agent.modules.announcing.endpoint import find_endpoint
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from tests.diagnostics.kit import until

from .kit import NAME, Levels, registered


@pytest.fixture
def kv() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def levels() -> Levels:
    return Levels()


async def test_entered_it_has_the_level_in_force(kv: MemoryStore, levels: Levels) -> None:
    await kv.put(key_of(NAME), b'{"meta":{"name":"node1-pen-spyglass"},"spec":{"log-level":"Debug"}}')
    await ControlStore(kv).put(NAME, Control("Error", time.time_ns() + 3600 * 10**9, logger="http"))
    options = AgentOptions(start_timeout=30.0)
    agent = Agent("pen-spyglass", node="node1", store=kv, apply_level=levels.apply, options=options)
    for _ in range(2):
        async with agent:
            assert levels.states[-1].level is Level.DEBUG
            assert levels.states[-1].loggers == {"http": Level.ERROR}
        levels.states.clear()


async def test_an_etcd_that_does_not_answer_holds_it_up_for_so_long_only(levels: Levels) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = EtcdStore(EtcdOptions(endpoints=(f"http://127.0.0.1:{silent.getsockname()[1]}",)))
        options = AgentOptions(start_timeout=0.01, stop_timeout=0.1)
        async with Agent("pen-spyglass", node="node1", store=store, apply_level=levels.apply, options=options) as agent:
            # It serves; the level comes when etcd does.
            async with DiagnosticsClient(agent.address) as client:
                assert await client.stats("agent")
            assert {state.source for state in levels.states} <= {LevelSource.DEFAULT}


async def following_debug(agent: Agent, levels: Levels) -> str:
    """See that ``agent`` follows a Module at Debug, announces itself and answers; its address."""
    await levels.wait_for(Level.DEBUG)
    assert agent.level.source is LevelSource.LOG_LEVEL
    assert agent.endpoint is not None
    await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
    async with DiagnosticsClient(agent.address) as client:
        assert [record["msg"] for record in await client.logs(lines=1)] == ["hello"]
        assert (await client.stats("agent"))["agent"]["level"] == "Debug"
        assert await client.action("greet") == "hello"
    return agent.address


@pytest.mark.parametrize("listen", ["tcp", "unix"])
async def test_it_may_be_entered_again_and_does_all_of_it_again(
    listen: str, etcd: EmbeddedEtcd, levels: Levels, tmp_path: Path, own_port: int
) -> None:
    address = f"127.0.0.1:{own_port}" if listen == "tcp" else f"unix:{tmp_path / 'socket'}"
    log_file, heard = tmp_path / "spyglass.log", list[str]()
    log_file.write_text('{"level":"info","ts":"2026-11-23T04:02:05Z","module":"pen-spyglass","msg":"hello"}\n')
    agent = Agent(
        "pen-spyglass",
        node="node1",
        store=EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)),
        log_file=str(log_file),
        apply_level=levels.apply,
        on_change=lambda module: heard.append(module.spec.log_level),
        options=AgentOptions(listen=address),
    )
    agent.service.register_action("greet", lambda parameters: "hello")
    async with ModuleStore(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))) as modules:
        await modules.create(Module().with_meta(name=NAME).with_spec(log_level="Debug"))
        for _ in range(3):
            levels.states.clear()
            async with agent:
                assert await following_debug(agent, levels) == address
                await until(lambda: heard == ["Debug"])
                heard.clear()
            assert (agent.address, agent.endpoint) == ("", None)
            assert await find_endpoint(modules.kv, NAME) is None


async def test_entered_again_it_knows_nothing_of_what_was_before(
    kv: MemoryStore, levels: Levels, tmp_path: Path
) -> None:
    agent = Agent("m", name=NAME, store=kv, log_file=str(tmp_path / "m.log"), apply_level=levels.apply)
    await kv.put(key_of(NAME), b'{"spec":{"log-level":"Debug"}}')
    async with agent:
        await levels.wait_for(Level.DEBUG)
    await kv.delete(key_of(NAME))
    levels.states.clear()
    async with agent:
        await levels.wait_for(None)
        assert (await registered(kv)).spec.log_level == ""


async def test_the_levels_of_the_process_are_set_in_each_life_and_given_back_after_it(
    kv: MemoryStore, tmp_path: Path
) -> None:
    agent = Agent("m", name=NAME, store=kv, log_file=str(tmp_path / "m.log"))
    await kv.put(key_of(NAME), b'{"spec":{"log-level":"Error"}}')
    for _ in range(2):
        async with agent:
            await until(lambda: logging.root.level == logging.ERROR)
        assert logging.root.level == logging.WARNING


async def test_it_may_be_entered_after_it_could_not_be(kv: MemoryStore, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = AgentOptions(listen=f"127.0.0.1:{taken.getsockname()[1]}")
        agent = Agent("m", store=kv, log_file=str(tmp_path / "m.log"), apply_level=None, options=options)
        with pytest.raises(Unavailable, match="another process listens"):
            await agent.__aenter__()
    async with agent:
        assert agent.address == options.listen
