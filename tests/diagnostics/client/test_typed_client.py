"""An agent is asked in the same words, and answers the same, directly and through a gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.client.typed_client import TypedClient
from corvo_agent.errors import RemoteError
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.rest_client.agent import RestAgent
from corvo_agent.rest_client.transport import Transport
from tests.gateway.agents import Agent, AgentFarm
from tests.gateway.conftest import Store, settled
from tests.gateway.modules import module

NAME = "a1"


@pytest.fixture
async def agent() -> AsyncIterator[tuple[Agent, Store]]:
    async with Store() as store, AgentFarm(store) as farm:
        yield await farm.start(module(NAME)), store


@pytest.fixture(params=["agent", "gateway"])
async def client(request: pytest.FixtureRequest, agent: tuple[Agent, Store]) -> AsyncIterator[TypedClient]:
    running, store = agent
    if request.param == "agent":
        async with DiagnosticsClient(running.server.address) as direct:
            yield direct
        return
    async with Gateway(store, GatewaySettings(listen="127.0.0.1:0")) as gateway, Transport(gateway.url) as transport:
        await settled(gateway, store)
        yield RestAgent(transport, NAME)


async def test_log_lines_with_parameters_by_either_spelling(client: TypedClient) -> None:
    assert [line["msg"] for line in await client.logs()] == ["a1 0", "a1 1"]
    assert len(await client.logs({"lines": "3"})) == 3
    assert len(await client.logs(lines=4)) == 4
    # What is named counts before what is in the mapping.
    assert len(await client.logs({"lines": "3"}, lines=1)) == 1


async def test_variables_are_values(client: TypedClient) -> None:
    assert await client.stats() == {"cpustats": {"NumCPUs": 16}}
    assert await client.stats("cpustats") == {"cpustats": {"NumCPUs": 16}}
    assert await client.stats("nope") == {}
    assert await client.stats(action="clear") == {}


async def test_a_profile_is_its_bytes(client: TypedClient) -> None:
    assert await client.profile("heap") == b"\x1f\x8bprofile"
    assert await client.profile("profile", 0.5) == b"\x1f\x8bprofile"


async def test_an_action_answers_a_text(client: TypedClient) -> None:
    assert await client.run_action("greet", {"name": "Ada"}) == "hello Ada"
    assert await client.action("silent") == ""
    assert await client.action("greet", name="Ada") == "hello Ada"


async def test_what_the_agent_refuses_is_told_with_its_words(client: TypedClient) -> None:
    for call in (client.logs(lines="many"), client.action("unknown")):
        with pytest.raises(RemoteError) as caught:
            await call
        assert caught.value.code == "INVALID_ARGUMENT"


async def test_lines_come_as_they_are_written_until_the_agent_ends(
    client: TypedClient, agent: tuple[Agent, MemoryStore]
) -> None:
    running, _ = agent
    async with aclosing(client.follow({"lines": "1"})) as batches:
        assert [line["msg"] for line in await anext(batches)] == ["a1 0"]
        await running.say("news")
        assert [line["msg"] for line in await anext(batches)] == ["news"]
        await running.end()
        assert [batch async for batch in batches] == []


async def test_leaving_early_ends_the_query_at_the_agent(client: TypedClient, agent: tuple[Agent, MemoryStore]) -> None:
    running, _ = agent
    async with aclosing(client.follow({"lines": "1"})) as batches:
        await anext(batches)
    await running.left.wait()
