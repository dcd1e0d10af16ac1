"""What Prometheus scrapes of modules: numbers of those that have an agent, none of what is not known."""

from __future__ import annotations

import orjson
from prometheus_client.parser import text_string_to_metric_families

from corvo_agent.diagnostics.messages.payloads import stats_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from tests.gateway.agents import AgentFarm, Handler
from tests.gateway.conftest import Api, Store, settled
from tests.gateway.modules import module
from tests.guides.text import table

STATS = {
    "cpustats": {"NumCPUs": 16, "Percent": 50.0, "NumThreads": 3},
    "memstats": {"RSS": 1 << 20},
    "runtime": {
        "LoopLagLastMinute": {"MaxMs": 20.0},
        "Tasks": {"waiting": 2, "running": 1},
        "FileDescriptors": {"Open": 9},
    },
}


async def stats(query: DebugQuery) -> Payload:
    return stats_payload({name: orjson.dumps(value).decode() for name, value in STATS.items()})


async def scraped(api: Api, path: str = "/metrics/modules") -> dict[str, dict[str, float]]:
    """Values by name of the metric and module."""
    async with api.session.get(api.gateway.url + path) as response:
        assert response.status == 200
        text = await response.text()
    return {
        family.name: {sample.labels["module"]: sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text)
    }


async def test_numbers_of_those_that_have_an_agent(api: Api, agents: AgentFarm, store: Store) -> None:
    for name in ("a1", "b2"):
        agent = await agents.start(module(name))
        agent.service.register_handler("Stats", Handler(stats))
    silent = await agents.start(module("c3"))
    await agents.stop(silent)
    await store.put_module(module("without-agent"))
    await settled(api.gateway, store)
    found = await scraped(api)
    assert found["corvo_module_up"] == {"a1": 1.0, "b2": 1.0, "c3": 0.0}
    assert found["corvo_module_cpu_ratio"] == {"a1": 0.5, "b2": 0.5}
    assert found["corvo_module_resident_bytes"]["a1"] == float(1 << 20)
    assert found["corvo_module_loop_lag_seconds"]["a1"] == 0.02
    assert found["corvo_module_tasks"] == {"a1": 3.0, "b2": 3.0}
    assert found["corvo_module_descriptors"] == {"a1": 9.0, "b2": 9.0}
    assert found["corvo_module_goroutines"] == {}
    assert await scraped(api, "/metrics/modules?name=b2") == {
        name: {module: value for module, value in values.items() if module == "b2"} for name, values in found.items()
    }
    assert {name for name in found if f"`{name}`" not in "".join(table("module metrics"))} == set()


async def test_each_module_is_a_target(api: Api, agents: AgentFarm, store: Store) -> None:
    await agents.start(module("a1", labels={"team/x": "net"}))
    await store.put_module(module("without-agent"))
    await settled(api.gateway, store)
    async with api.session.get(f"{api.gateway.url}/metrics/targets") as response:
        found = await response.json()
    (target,) = found
    assert target["targets"] == [api.gateway.address]
    labels = target["labels"]
    assert (labels["__param_name"], labels["__scheme__"], labels["__meta_corvo_label_team_x"]) == ("a1", "http", "net")
