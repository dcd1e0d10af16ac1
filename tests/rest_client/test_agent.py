"""An agent asked through a gateway answers as it does straight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.client.typed_client import TypedClient
from corvo_agent.errors import CorvoError, DeadlineExceeded, DecodeError, NotFound, RemoteError, Unavailable
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


async def outcome(answer: Awaitable[object]) -> object:
    try:
        return await answer
    except CorvoError as error:
        code = error.code if isinstance(error, RemoteError) else ""
        return type(error), code, error.exit_code


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.logs(lines=3),
        lambda client: client.logs(lines=0),
        lambda client: client.logs(lines="many"),
        lambda client: client.stats(),
        lambda client: client.stats("nope"),
        lambda client: client.stats(action="clear"),
        lambda client: client.profile("heap"),
        lambda client: client.run_action("greet", {"name": "you", "timeout": "5"}),
        lambda client: client.action("silent"),
        lambda client: client.action("unknown"),
    ],
    ids=["lines", "no-lines", "bad-lines", "all", "unknown", "clear", "heap", "text", "empty", "unknown-action"],
)
async def test_both_ways_give_the_same(
    agent: Agent, transport: Transport, ask: Callable[[TypedClient], Awaitable[object]]
) -> None:
    async with DiagnosticsClient(agent.server.address) as straight:
        assert await outcome(ask(RestAgent(transport, NAME))) == await outcome(ask(straight))


@pytest.mark.parametrize(
    ("diagnostics", "ask"),
    [
        ({"logs": [{"log": {"msg": 1}}]}, lambda client: client.logs()),
        ({"logs": ["line"]}, lambda client: client.logs()),
        ({"string": "text"}, lambda client: client.logs()),
        ({"stats": ["cmdline"]}, lambda client: client.stats()),
        ({"buffer": "!"}, lambda client: client.profile("heap")),
    ],
)
async def test_an_answer_of_another_shape_is_refused(
    diagnostics: object, ask: Callable[[TypedClient], Awaitable[object]]
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"diagnostics": diagnostics})

    application = web.Application()
    application.add_routes([web.post("/{path:.*}", answer)])
    async with TestServer(application) as server, Transport(f"http://{server.host}:{server.port}") as transport:
        with pytest.raises(DecodeError, match="malformed JSON"):
            await ask(RestAgent(transport, NAME))


async def test_the_typed_calls_are_there(agent: Agent, transport: Transport) -> None:
    client = RestAgent(transport, NAME)
    assert [line["msg"] for line in await client.logs(lines=2)] == [f"{NAME} 0", f"{NAME} 1"]
    assert await client.stats("cpustats") == {"cpustats": {"NumCPUs": 16}}
    assert await client.stats("nope") == {}
    assert await client.profile("heap") == b"\x1f\x8bprofile"


async def test_a_deadline_is_the_agents_and_is_told(agent: Agent, transport: Transport) -> None:
    # The gateway is connected from now on: a deadline that passes before that is another error.
    await RestAgent(transport, NAME).stats()
    with pytest.raises(DeadlineExceeded, match=rf"the agent of {NAME}: no answer within 0\.05 s"):
        await RestAgent(transport, NAME).ask("Hang", timeout=0.05)


async def test_no_module_and_no_agent_are_not_found(
    agent: Agent, transport: Transport, store: Store, gateway: Gateway
) -> None:
    with pytest.raises(NotFound, match="module nobody"):
        await RestAgent(transport, "nobody").stats()
    revision = await store.put_module(module("alone", ports=()))
    await gateway.cache.wait_for(revision, 60)
    with pytest.raises(NotFound, match="agent of module alone"):
        await RestAgent(transport, "alone").stats()
    with pytest.raises(NotFound, match="module nobody"):
        await anext(RestAgent(transport, "nobody").follow())


async def test_an_agent_that_is_gone_is_unavailable(agent: Agent, transport: Transport, agents: AgentFarm) -> None:
    await agents.stop(agent)
    with pytest.raises(Unavailable, match=f"the agent of {NAME}"):
        await RestAgent(transport, NAME).stats()


async def test_a_log_is_followed_until_the_agent_ends_it(agent: Agent, transport: Transport) -> None:
    seen: list[str] = []
    async with aclosing(RestAgent(transport, NAME).follow({"lines": "2"})) as batches:
        async for records in batches:
            seen += [line["msg"] for line in records]
            if len(seen) == 2:
                await agent.say("third")
            if len(seen) == 3:
                await agent.end()
    assert seen == [f"{NAME} 0", f"{NAME} 1", "third"]


async def test_who_stops_following_ends_the_query_at_the_agent(agent: Agent, transport: Transport) -> None:
    async with aclosing(RestAgent(transport, NAME).follow()) as batches:
        await anext(batches)
    await agent.left.wait()


async def test_what_the_agent_says_in_the_middle_of_a_log_is_raised(
    agent: Agent, transport: Transport, agents: AgentFarm
) -> None:
    async with aclosing(RestAgent(transport, NAME).follow()) as batches:
        await anext(batches)
        stopping = asyncio.create_task(agents.stop(agent))
        with pytest.raises((Unavailable, RemoteError)):
            await anext(batches)
        await stopping
