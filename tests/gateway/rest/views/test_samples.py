"""Samples over REST: of one process, of several together, and of an agent that keeps none."""

from __future__ import annotations

from typing import Any

import orjson

from corvo_agent.diagnostics.messages.payloads import stats_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.gateway.app import Gateway
from corvo_agent.stats.samples import Samples
from tests.gateway.agents import AgentFarm, Handler
from tests.gateway.conftest import Api, announced
from tests.gateway.modules import module


async def test_of_one_of_several_and_of_none(api: Api, agents: AgentFarm, gateway: Gateway) -> None:
    one, other, answer = Samples(), Samples(), dict[str, str]()
    for number in range(2):
        one.add(1_700_000_000.0 + 10 * number, 50.0, 100.0, 0.25, None, 0.5)
        other.add(1_700_000_003.0 + 10 * number, 25.0, 10.0, 0.5, 3, None)

    async def stats(query: DebugQuery) -> Payload:
        assert query.parameters["expvar"] == "samples"
        return stats_payload(answer)

    agent = await agents.start(module("a1"))
    agent.service.register_handler("Stats", Handler(stats))
    await announced(gateway, "a1")
    await gateway.cache.wait_until(lambda: gateway.cache.get("a1") is not None, "no module", 30)

    async def told(value: Any) -> Any:
        answer["samples"] = orjson.dumps(value).decode()
        return (await api.get("/modules/a1/samples"))[1]

    assert (await api.get("/modules/a1/samples"))[1]["unknown"] == "its agent keeps no samples"
    alone = await told(one.as_json())
    assert (alone["module"], alone["step"], len(alone["samples"])) == ("a1", 10.0, 2)
    assert alone["samples"][0] == {
        "time": "2023-11-14T22:13:20.000Z",
        "cpu": 50.0,
        "rss": 100.0,
        "loop-lag": 0.25,
        "tasks": None,
        "gc-pause": 0.5,
    }
    together = await told({"1": one.as_json(), "2": other.as_json()})
    assert [list(each.values())[1:] for each in together["samples"]] == [[75.0, 110.0, 0.5, 3.0, 0.5]] * 2
    assert (await told({"error": "it does not run"}))["unknown"] == "it does not run"
    assert (await told({"1": {"rows": 3}}))["code"] == 409
