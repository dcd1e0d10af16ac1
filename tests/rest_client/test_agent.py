"""An agent asked through a gateway answers as it does straight."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
import pytest_asyncio

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import decode_logs
from corvo_agent.errors import CorvoError, NotFound, RemoteError, Unavailable, Unsupported
from corvo_agent.gateway.app import Gateway
from corvo_agent.rest_client.agent import RestAgent
from corvo_agent.rest_client.transport import Transport
from tests.gateway.agents import Agent, AgentFarm
from tests.gateway.conftest import Store, settled
from tests.gateway.modules import module

NAME = "node1-pen-npm"


@pytest_asyncio.fixture
async def agent(agents: AgentFarm, gateway: Gateway, store: Store) -> Agent:
    agent = await agents.start(module(NAME))
    await settled(gateway, store)
    return agent


async def outcome(client: RestAgent | DiagnosticsClient, query: str, **parameters: str) -> tuple[object, ...]:
    try:
        payload = await client.debug(query, parameters, name=NAME)
    except CorvoError as error:
        code = error.code if isinstance(error, RemoteError) else ""
        return type(error), code, error.exit_code
    return payload.type_url, payload.value


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("Log", {"lines": "3"}),
        ("Log", {"lines": "0"}),
        ("Log", {"lines": "many"}),
        ("Stats", {}),
        ("Stats", {"action": "clear"}),
        ("Profile", {"profile": "heap"}),
        ("Nothing", {}),
    ],
)
async def test_both_ways_give_the_same(
    agent: Agent, transport: Transport, query: str, parameters: dict[str, str]
) -> None:
    async with DiagnosticsClient(agent.server.address) as straight:
        expected = await outcome(straight, query, **parameters)
        found = await outcome(RestAgent(transport, NAME), query, **parameters)
    if query == "Log" and isinstance(expected[1], bytes):
        # JSON sorts the fields of a record.
        assert isinstance(found[1], bytes)
        assert decode_logs(found[1]) == decode_logs(expected[1])
    else:
        assert found == expected


async def test_the_typed_calls_are_there(agent: Agent, transport: Transport) -> None:
    client = RestAgent(transport, NAME)
    assert [line["msg"] for line in await client.logs(lines=2)] == [f"{NAME} 0", f"{NAME} 1"]
    assert await client.stats("cpustats") == {"cpustats": {"NumCPUs": 16}}
    assert await client.stats("nope") == {}
    assert await client.profile("heap") == b"\x1f\x8bprofile"


async def test_a_deadline_is_the_agents_and_is_told(agent: Agent, transport: Transport) -> None:
    with pytest.raises(Unavailable, match=f"the agent of {NAME}"):
        await RestAgent(transport, NAME).debug("Hang", timeout=0.05)


async def test_no_module_and_no_agent_are_not_found(
    agent: Agent, transport: Transport, store: Store, gateway: Gateway
) -> None:
    with pytest.raises(NotFound, match="module nobody"):
        await RestAgent(transport, "nobody").stats()
    revision = await store.put_module(module("alone", ports=()))
    await gateway.cache.wait_for(revision, 5)
    with pytest.raises(NotFound, match="agent of module alone"):
        await RestAgent(transport, "alone").stats()
    with pytest.raises(NotFound, match="module nobody"):
        await anext(RestAgent(transport, "nobody").stream("Log"))


async def test_an_agent_that_is_gone_is_unavailable(agent: Agent, transport: Transport, agents: AgentFarm) -> None:
    await agents.stop(agent)
    with pytest.raises(Unavailable, match=f"the agent of {NAME}"):
        await RestAgent(transport, NAME).stats()


async def test_a_log_is_followed_until_the_agent_ends_it(agent: Agent, transport: Transport) -> None:
    seen: list[str] = []
    async with aclosing(RestAgent(transport, NAME).stream("Log", {"lines": "2"})) as batches:
        async for payload in batches:
            seen += [line["msg"] for line in decode_logs(payload.value)]
            if len(seen) == 2:
                await agent.say("third")
            if len(seen) == 3:
                await agent.end()
    assert seen == [f"{NAME} 0", f"{NAME} 1", "third"]


async def test_who_stops_following_ends_the_query_at_the_agent(agent: Agent, transport: Transport) -> None:
    async with aclosing(RestAgent(transport, NAME).stream("Log")) as batches:
        await anext(batches)
    await agent.left.wait()


async def test_what_the_agent_says_in_the_middle_of_a_log_is_raised(
    agent: Agent, transport: Transport, agents: AgentFarm
) -> None:
    async with aclosing(RestAgent(transport, NAME).stream("Log")) as batches:
        await anext(batches)
        stopping = asyncio.create_task(agents.stop(agent))
        with pytest.raises((Unavailable, RemoteError)):
            await anext(batches)
        await stopping


async def test_only_logs_are_streams_here(transport: Transport) -> None:
    with pytest.raises(Unsupported):
        await anext(RestAgent(transport, NAME).stream("Stats"))
