"""Threads and tasks over REST: what ``corvo stacks`` shows, as JSON and as text."""

from __future__ import annotations

import gzip

from corvo_agent.agent.agent import Agent
from corvo_agent.diagnostics.messages.payloads import profile_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.gateway.app import Gateway
from tests.cli.commands.look.test_stacks import waiting_tasks
from tests.gateway.agents import AgentFarm, Handler
from tests.gateway.conftest import Api, Store, announced
from tests.gateway.modules import module


async def test_deadlocks_first_equal_ones_together_and_what_tasks_wait_for(
    api: Api, store: Store, gateway: Gateway
) -> None:
    async with Agent("pen-npm", node="node1", store=store, apply_level=None) as agent, waiting_tasks():
        await announced(gateway, agent.name)
        await gateway.cache.wait_until(lambda: gateway.cache.get(agent.name) is not None, "no module", 30)
        status, found = await api.get(f"/modules/{agent.name}/stacks")
        assert (status, found["module"]) == (200, agent.name)
        assert found["deadlocks"][0].startswith("deadlock: ")
        assert {each["name"] for each in found["tasks"][:2]} == {"left", "right"}
        (takers,) = [each for each in found["tasks"] if each["count"] == 12]
        assert takers["names"] == [f"taker-{number}" for number in range(12)]
        (collector,) = [each for each in found["tasks"] if each["name"] == "collector"]
        assert collector["chain"] == ["12 x taker-0, taker-1, taker-2, taker-3, taker-4 and 7 more"]
        assert takers["frames"][0]["function"].endswith("get")
        assert takers["frames"][0]["line"] > 0
        assert found["own"] > 0
        assert {each["kind"] for each in found["threads"]} == {"thread"}
        _, everything = await api.get(f"/modules/{agent.name}/stacks", all="true")
        assert everything["own"] == 0
        async with api.raw("GET", f"/modules/{agent.name}/stacks", params={"text": "true", "frames": "1"}) as answer:
            text = await answer.text()
        assert answer.content_type == "text/plain"
        assert "12 x taker-0, taker-1" in text
        assert "more frames" in text
        assert (await api.get(f"/modules/{agent.name}/stacks", frames="x"))[0] == 400


async def test_what_is_no_profile_is_said(api: Api, store: Store, agents: AgentFarm, gateway: Gateway) -> None:
    answer = {"value": b"goroutine 1 [running]:\n"}

    async def dump(query: DebugQuery) -> Payload:
        assert query.parameters == {"profile": "goroutine"}
        return profile_payload(answer["value"])

    agent = await agents.start(module("a1"))
    agent.service.register_handler("Profile", Handler(dump))
    await announced(gateway, "a1")
    status, found = await api.get("/modules/a1/stacks")
    assert status == 500
    assert "no pprof profile" in found["message"][0]
    answer["value"] = gzip.compress(b"\xff\xff\xff")
    assert (await api.get("/modules/a1/stacks"))[0] == 409
    assert (await api.get("/modules/none/stacks"))[0] == 409
