"""GET modules/NAME/errors: the errors that an agent's log has, counted."""

from __future__ import annotations

from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from tests.gateway.agents import AgentFarm, Handler
from tests.gateway.conftest import Api, Store, settled
from tests.gateway.modules import module


async def test_the_errors_of_a_module_are_counted_by_kind(api: Api, agents: AgentFarm, store: Store) -> None:
    agent = await agents.start(module("a1"))
    asked: list[dict[str, str]] = []

    async def errors(query: DebugQuery) -> Payload:
        asked.append(dict(query.parameters))
        return logs_payload({"level": "error", "msg": f"order {number} lost"} for number in range(3))

    agent.service.register_handler("Log", Handler(errors))
    await settled(api.gateway, store)
    status, found = await api.get("/modules/a1/errors")
    assert (status, found["module"], found["since"], found["errors"]) == (200, "a1", "10m", 3)
    assert [(each["count"], each["message"]) for each in found["groups"]] == [(3, "order <n> lost")]
    assert found["groups"][0]["newest"]["msg"] == "order 2 lost"
    await api.get("/modules/a1/errors", since="1h")
    assert [(each["level"], each["since"]) for each in asked] == [("Error", "10m"), ("Error", "1h")]


async def test_what_cannot_be_asked_is_told_as_a_debug_query_tells_it(api: Api, store: Store) -> None:
    await store.put_module(module("b2"))
    await settled(api.gateway, store)
    assert [(await api.get(f"/modules/{name}/errors"))[0] for name in ("b2", "none")] == [409, 409]
