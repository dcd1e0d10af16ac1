"""What is merged by time is held as it came, within the room that all answers share."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import orjson
import pytest

from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.gateway.rest.answers import Answers
from corvo_agent.gateway.rest.fan_out import ask_many
from corvo_agent.gateway.rest.merged_answers import merged_lines
from corvo_agent.gateway.routing.networks import DialPolicy
from corvo_agent.gateway.routing.peers import PeerPool
from corvo_agent.gateway.routing.resolver import Resolver
from corvo_agent.gateway.routing.router import Router
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache

from ..agents import AgentFarm
from ..conftest import Store
from ..modules import module

NAMES = ("a1", "a2", "a3")


@pytest.fixture
async def router(agents: AgentFarm, store: Store) -> AsyncIterator[Router]:
    known = {name: module(name) for name in NAMES}
    for each in known.values():
        await agents.start(each)
    async with EndpointCache(store) as endpoints, aclosing(PeerPool()) as peers:
        await endpoints.wait_synced(60)
        yield Router(known.get, endpoints, Resolver(DialPolicy()), peers)


async def test_answers_are_held_encoded_and_what_finds_no_room_is_told(router: Router) -> None:
    query = DebugQuery("Log", {"lines": "300"}, timeout=20.0)
    size = (await router.debug(replace(query, name="a1"))).size
    for room, fitting in ((4 * size, 3), (2 * size + size // 2, 2)):
        answers = Answers(room)
        asking = ask_many(router, query, NAMES, 16, answers.reader(lambda: None), kept=True)
        lines: list[dict[str, Any]] = []
        async with aclosing(asking), aclosing(merged_lines(asking, descending=False)) as parts:
            async for part in parts:
                lines += map(orjson.loads, part.splitlines())
                assert "log" not in lines[-1] or answers.held == fitting * size
        *told, last = lines
        assert last == {"summary": {"modules": 3, "ok": fitting, "failed": 3 - fitting}}
        failed = [line["error"] for line in told if "error" in line]
        assert [each["code"] for each in failed] == [412] * (3 - fitting)
        said = Counter(line["module"] for line in told if "log" in line)
        assert list(said.values()) == [300] * fitting
        assert answers.held == 0
