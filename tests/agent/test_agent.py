"""The agent wires watcher, level, service and server together, and never troubles its host."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.options import AgentOptions
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.errors import InvalidArgument, PreconditionFailed, Unavailable
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource
from corvo_agent.modules import Control, ControlStore, MemoryStore, Module, ModuleStore, ServicePort, key_of
from corvo_agent.modules.announcing.endpoint import decode_endpoint, endpoint_key, find_endpoint
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.modules.module_level import module_level
from corvo_agent.modules.watching.watch import Watch

from .kit import NAME, Levels, registered


@pytest.fixture
def kv() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def levels() -> Levels:
    return Levels()


@pytest.fixture
async def agent(kv: MemoryStore, levels: Levels, tmp_path: Path) -> AsyncIterator[Agent]:
    log_file = str(tmp_path / "spyglass.log")
    async with Agent("pen-spyglass", node="node1", store=kv, log_file=log_file, apply_level=levels.apply) as agent:
        yield agent


async def test_the_module_is_named_after_node_and_module(agent: Agent) -> None:
    assert agent.name == NAME
    assert NAME in repr(agent)


async def test_it_announces_the_level_that_is_in_force(agent: Agent, kv: MemoryStore, levels: Levels) -> None:
    await registered(kv)
    await ModuleStore(kv).set_level(NAME, "Debug")
    async with Watch(kv, endpoint_key(NAME), exact=True) as watch:
        async for batch in watch:
            told = [decode_endpoint(change.item).level for change in batch.changes if change.item]
            found = told[-1] if told else None
            if found is not None and found.level == "Debug":
                break
    assert found is not None
    assert (found.source, found.fault, found.only_shown) == ("log-level", "", False)
    assert levels.states[-1].level is Level.DEBUG


@pytest.mark.parametrize("advertise", ["http://h:1", "[::]:1", "h:65536"])
def test_an_address_that_cannot_be_dialled_is_not_advertised(advertise: str) -> None:
    with pytest.raises(InvalidArgument, match="advertise"):
        Agent("pen-spyglass", options=AgentOptions(advertise=advertise))


async def test_it_creates_its_module_and_announces_where_it_answers(agent: Agent, kv: MemoryStore) -> None:
    module = await registered(kv)
    assert module.spec.log_level == ""
    assert (module.status.node, module.status.module, module.status.category) == ("node1", "pen-spyglass", "Venice")
    port = int(agent.address.rpartition(":")[2])
    assert module.status.service_ports == (ServicePort("pen-spyglass", port),)
    assert agent.endpoint is not None
    await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
    endpoint = await find_endpoint(kv, NAME)
    assert endpoint is not None
    assert endpoint.address == agent.address


async def test_a_changed_level_is_in_force_and_the_callback_hears_of_it(
    kv: MemoryStore, levels: Levels, tmp_path: Path
) -> None:
    heard: list[tuple[str, Level | None]] = []
    done = asyncio.Event()

    def on_change(module: Module) -> None:
        heard.append((module.spec.log_level, levels.states[-1].level))
        if module.spec.log_level == "Debug":
            done.set()

    async with Agent(
        "pen-spyglass", node="node1", store=kv, log_file="x.log", on_change=on_change, apply_level=levels.apply
    ):
        await registered(kv)
        await ModuleStore(kv).set_level(NAME, "Debug")
        await done.wait()
    assert heard[-1] == ("Debug", Level.DEBUG)


async def test_a_control_is_in_force_until_its_end(agent: Agent, kv: MemoryStore, levels: Levels) -> None:
    before = await registered(kv)
    # Seen to be in force first: a crowded machine may come to the short one when it is over.
    for seconds in (3600.0, 0.2):
        until = time.time_ns() + round(seconds * 10**9)
        await ControlStore(kv).put(NAME, Control("Debug", until, by="tester"))
        if seconds > 1:
            await levels.wait_for(Level.DEBUG)
    await levels.wait_for(None)
    assert [state.level for state in levels.states][-2:] == [Level.DEBUG, None]
    assert agent.level.source is LevelSource.DEFAULT
    # The Module is the original's: nothing of it was written into that, and its lease takes it away.
    assert await ModuleStore(kv).get(NAME) == before
    assert [control.by for control in agent.controls] == ["tester"]


async def test_a_level_of_one_logger_ends_by_itself(agent: Agent, kv: MemoryStore, levels: Levels) -> None:
    await registered(kv)
    await ModuleStore(kv).set_level(NAME, "Warn")
    await ControlStore(kv).put(NAME, Control("Debug", time.time_ns() + 3600 * 10**9, logger="http"))
    while not levels.states or not levels.states[-1].loggers:
        await levels.moved()
    assert levels.states[-1].loggers == {"http": Level.DEBUG}
    await ControlStore(kv).put(NAME, Control("Debug", time.time_ns() + 200_000_000, logger="http"))
    while levels.states[-1].loggers:
        await levels.moved()
    assert levels.states[-1].level is Level.WARN


async def test_a_control_that_was_there_first_leaves_no_moment_without_it(
    kv: MemoryStore, levels: Levels, tmp_path: Path
) -> None:
    await ModuleStore(kv).create(Module().with_meta(name=NAME).with_spec(log_level="Warn"))
    await ControlStore(kv).put(NAME, Control("Debug"))
    log_file = str(tmp_path / "spyglass.log")
    async with Agent("pen-spyglass", node="node1", store=kv, log_file=log_file, apply_level=levels.apply):
        await levels.wait_for(Level.DEBUG)
    assert Level.WARN not in [state.level for state in levels.states]


async def test_what_is_applied_is_announced_with_its_end_and_its_loggers(
    agent: Agent, kv: MemoryStore, levels: Levels
) -> None:
    await registered(kv)
    until = time.time_ns() + 3600 * 10**9
    await ControlStore(kv).put(NAME, Control("Debug", until))
    await ControlStore(kv).put(NAME, Control("Error", until, logger="http"))
    async with Watch(kv, "/corvo/") as watch:
        async for _ in watch:
            items = (await kv.range(f"/corvo/v1/modules/{NAME}/")).items
            level = module_level(await ModuleStore(kv).get(NAME), items)
            if level.holds(time.time_ns()):
                break
    assert level.applied is not None
    assert (level.applied.level, level.applied.until) == ("Debug", until)
    assert (level.applied.loggers, level.applied.logger_ends) == ({"http": "Error"}, {"http": until})


async def test_deleting_the_module_brings_the_default_back_and_it_keeps_serving(
    agent: Agent, kv: MemoryStore, levels: Levels
) -> None:
    await registered(kv)
    await ModuleStore(kv).set_level(NAME, "Debug")
    await levels.wait_for(Level.DEBUG)
    await kv.delete(key_of(NAME))
    await levels.wait_for(None)
    async with DiagnosticsClient(agent.address) as client:
        assert await client.stats("no-such-variable") == {}


async def test_it_starts_while_the_store_is_away_and_joins_when_it_is_back(
    kv: MemoryStore, levels: Levels, tmp_path: Path
) -> None:
    kv.go_away()
    async with Agent("pen-spyglass", node="node1", store=kv, log_file="x.log", apply_level=levels.apply) as agent:
        assert agent.address
        kv.come_back()
        assert (await registered(kv)).name == NAME
        assert agent.endpoint is not None
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        assert agent.statistics().as_json()["endpoint"] == "announced"


async def test_without_a_store_it_only_serves(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text('{"level":"info","msg":"hello"}\n')
    async with Agent("alone", node="node1", log_file=str(log), apply_level=None) as agent:
        assert agent.watcher is None
        assert agent.statistics().as_json()["name"] == "node1-alone"
        async with DiagnosticsClient(agent.address) as client:
            (record,) = await client.logs(lines="5")
    assert record["msg"] == "hello"


async def test_levels_are_what_they_were_when_it_has_stopped(kv: MemoryStore) -> None:
    logger = logging.getLogger("corvo_agent_test_host")
    before = logging.getLogger().level
    heard = asyncio.Event()

    def on_change(module: Module) -> None:
        if module.spec.log_level == "Error":
            heard.set()

    async with Agent("pen-spyglass", node="node1", store=kv, log_file="x.log", on_change=on_change):
        await registered(kv)
        await ModuleStore(kv).set_level(NAME, "Error")
        await heard.wait()
        assert not logger.isEnabledFor(logging.WARNING)
    assert logging.getLogger().level == before


async def test_a_port_that_is_taken_is_a_clear_error_and_leaves_nothing_open(kv: MemoryStore) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        # Most often it is another worker of the same service: it is told what to do.
        with pytest.raises(
            Unavailable, match=rf"{listen} .*; workers of one service need port 0, .* corvo_agent.start\(\)"
        ):
            async with Agent("pen-spyglass", store=kv, log_file="x.log", options=AgentOptions(listen=listen)):
                raise AssertionError("not reached")
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("corvo")] == []


async def test_it_stops_in_time_while_the_store_is_away(agent: Agent, kv: MemoryStore) -> None:
    await registered(kv)
    kv.go_away()
    await agent.aclose()
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("corvo")] == []


async def test_the_modules_in_a_store_are_as_good_as_the_store(caplog: pytest.LogCaptureFixture) -> None:
    kv = MemoryStore()
    async with Agent("pen-spyglass", node="node1", store=ModuleStore(kv), apply_level=None) as agent:
        assert agent.watcher is not None
        module = await agent.watcher.wait_for(lambda module: module is not None)
        assert module is not None
        assert module.status.node == "node1"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_what_is_no_store_is_refused_at_once() -> None:
    with pytest.raises(InvalidArgument, match="store: must be a KeyValueStore, such as EtcdStore, or a ModuleStore"):
        Agent("pen-spyglass", store="http://127.0.0.1:2379")  # type: ignore[arg-type]


def test_a_name_that_no_module_can_have_is_refused_before_anything_starts() -> None:
    with pytest.raises(InvalidArgument, match="module name"):
        Agent("bad name!", node="node1")


def test_a_callback_without_a_store_could_never_be_called() -> None:
    with pytest.raises(InvalidArgument, match="on_change"):
        Agent("alone", node="node1", on_change=lambda module: None)


async def test_a_value_written_by_hand_gets_its_status_back(agent: Agent, kv: MemoryStore, levels: Levels) -> None:
    before = await registered(kv)
    await kv.put(key_of(NAME), b'{"spec":{"log-level":"Debug"}}')
    await levels.wait_for(Level.DEBUG)
    async with ModuleStore(kv).watch(NAME) as watch:
        async for _ in watch:
            module = await ModuleStore(kv).get(NAME)
            if module.status.last_start:
                break
    assert (module.status, module.spec.log_level) == (before.status, "Debug")


async def test_a_callback_that_fails_is_logged_by_its_own_name(
    kv: MemoryStore, levels: Levels, caplog: pytest.LogCaptureFixture
) -> None:
    called = asyncio.Event()

    def switch_the_light(module: Module) -> None:
        # The failure is logged before the loop gets its turn again.
        called.set()
        raise ValueError(module.name)

    async with Agent(
        "pen-spyglass", node="node1", store=kv, log_file="x.log", on_change=switch_the_light, apply_level=levels.apply
    ):
        await called.wait()
    assert "switch_the_light" in caplog.text


async def test_an_agent_that_is_entered_cannot_be_entered_once_more(agent: Agent) -> None:
    with pytest.raises(PreconditionFailed, match="the agent of node1-pen-spyglass is entered already"):
        await agent.__aenter__()
    async with DiagnosticsClient(agent.address) as client:
        assert await client.stats("cmdline")
