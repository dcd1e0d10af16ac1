"""What an agent tells of itself in JSON: all of it with a store, only its level without one."""

from __future__ import annotations

import orjson

from corvo_agent.agent.agent import Agent
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.testing import MemoryStore


async def test_without_a_store_there_is_no_etcd_and_no_announcement() -> None:
    async with Agent("svc", node="n1", apply_level=None) as agent:
        shown = agent.statistics().as_json()
        assert shown["name"] == "n1-svc"
        assert shown["address"] == agent.address
        assert shown["level"] == "as-configured"
        assert shown.keys().isdisjoint({"etcd", "callbacks", "endpoint"})
    assert agent.statistics().as_json()["address"] == ""


async def test_with_a_store_it_tells_how_the_watch_and_the_callbacks_do() -> None:
    async with Agent("svc", node="n1", store=MemoryStore(), apply_level=None, on_change=lambda _: None) as agent:
        assert agent.watcher is not None
        assert agent.endpoint is not None
        await agent.watcher.wait_synced()
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        shown = orjson.loads(orjson.dumps(agent.statistics().as_json()))
    assert shown["endpoint"] == EndpointState.ANNOUNCED.value
    assert shown["etcd"]["connected"] is True
    assert shown["etcd"].keys() == {"connected", "revision", "resyncs", "reconnects", "last-error"}
    assert shown["callbacks"].keys() == {"calls", "failures", "timeouts", "dropped", "undecodable"}
