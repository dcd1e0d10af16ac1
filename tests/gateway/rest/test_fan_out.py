"""One query to many: answers as they come, a bounded number under way, and one that hangs hinders no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import orjson
import pytest

from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import CorvoError
from corvo_agent.gateway.rest.answers import Answers, Reader
from corvo_agent.gateway.rest.fan_out import ModuleAnswer, ask_many
from corvo_agent.gateway.routing.networks import DialPolicy
from corvo_agent.gateway.routing.peers import PeerPool
from corvo_agent.gateway.routing.resolver import Resolver
from corvo_agent.gateway.routing.router import Router
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache

from ..agents import AgentFarm
from ..conftest import Store
from ..modules import module

NAMES = ("a1", "a2", "a3")
LOG = DebugQuery("Log", {"lines": "1"}, timeout=20.0)


@pytest.fixture
async def farm(agents: AgentFarm) -> AgentFarm:
    for name in NAMES:
        await agents.start(module(name))
    return agents


@pytest.fixture
async def router(farm: AgentFarm, store: Store) -> AsyncIterator[Router]:
    known = {name: module(name) for name in NAMES}
    async with EndpointCache(store) as endpoints, aclosing(PeerPool()) as peers:
        await endpoints.wait_synced(60)
        yield Router(known.get, endpoints, Resolver(DialPolicy()), peers)


def reader(room: int = 1 << 20) -> Reader:
    return Answers(room).reader(lambda: None)


async def asked(router: Router, query: DebugQuery, *names: str, width: int = 16) -> list[ModuleAnswer]:
    async with aclosing(ask_many(router, query, names, width, reader())) as answers:
        return [answer async for some in answers for answer in some]


async def test_each_module_answers_once(farm: AgentFarm, router: Router) -> None:
    for width in (1, 2, 16):
        found = await asked(router, LOG, *NAMES, width=width)
        assert sorted(answer.module for answer in found) == list(NAMES)
        assert all(answer.payload is not None and answer.seconds >= 0 for answer in found)
    assert await asked(router, LOG) == []


async def test_a_line_tells_the_answer_or_the_error(farm: AgentFarm, router: Router) -> None:
    found = await asked(router, LOG, "a1", "nobody")
    lines = {answer.module: orjson.loads(answer.line().text) for answer in found}
    assert lines["a1"]["ok"] is True
    assert lines["a1"]["diagnostics"]["logs"]
    assert lines["nobody"]["ok"] is False
    assert lines["nobody"]["error"]["code"] in (404, 409)
    # A message that nobody can show is an error of that module alone.
    (odd,) = await asked(router, DebugQuery("Odd"), "a1")
    assert odd.line().ok is False


async def test_a_large_answer_is_told_as_a_small_one_and_holds_room_until_the_next_is_asked_for(
    farm: AgentFarm, router: Router
) -> None:
    answers = Answers(1 << 20)
    query = DebugQuery("Log", {"lines": "30000"}, timeout=20.0)
    async with aclosing(ask_many(router, query, NAMES, 16, answers.reader(lambda: None))) as asking:
        async for found in asking:
            for answer in found:
                assert answer.is_large
                line = answer.line()
                assert line.ok
                assert orjson.loads(line.text) == answer.json()
                assert answers.held >= len(answer.payload.value if answer.payload else b"")
    assert answers.held == 0


async def test_one_that_hangs_hinders_no_other_and_costs_its_own_deadline(farm: AgentFarm, router: Router) -> None:
    farm.hang("a1")
    async with aclosing(ask_many(router, LOG, NAMES, 2, reader())) as answers:
        first: list[str] = []
        while len(first) < 2:
            first += [answer.module for answer in await anext(answers)]
        assert sorted(first) == ["a2", "a3"]
        await farm.waiting_for("a1")
    (late,) = await asked(router, DebugQuery("Log", {"lines": "1"}, timeout=0.05), "a1")
    assert isinstance(late.error, CorvoError)


async def test_leaving_early_cancels_what_is_under_way(farm: AgentFarm, router: Router) -> None:
    farm.hang("a1")
    before = asyncio.all_tasks()
    answers = ask_many(router, LOG, ["a1"], 4, reader())
    waiting = asyncio.create_task(anext(answers))
    await farm.waiting_for("a1")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await answers.aclose()
    assert not [task for task in asyncio.all_tasks() - before if task.get_name() == "corvo-fan-out"]
