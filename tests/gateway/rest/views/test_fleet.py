"""Who asks, and the fleet at a glance."""

from __future__ import annotations

from corvo_agent._version import __version__
from corvo_agent.gateway.app import Gateway

from ...agents import AgentFarm
from ...conftest import Api, Store, settled
from ...modules import module


async def test_where_no_one_is_asked_for_a_name_the_caller_may_all_and_has_none(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    await settled(api.gateway, store)
    status, me = await api.get("/whoami")
    assert (status, me["role"], me["selector"]) == (200, "admin", "")
    assert set(me["queries"].values()) | set(me["may"].values()) | set(me["routes"].values()) == {True}
    assert {"Log", "Profile profile=goroutine"} <= me["queries"].keys()
    assert {"level", "modules-create"} <= me["may"].keys()
    assert me["gateway"] == {**api.gateway.identity.as_json(), "modules": 1}
    assert me["gateway"]["version"] == __version__


async def test_a_row_tells_what_is_known_and_measures_only_when_asked(
    api: Api, store: Store, gateway: Gateway, agents: AgentFarm
) -> None:
    await agents.start(module("a1", labels={"team": "shop"}))
    gone = await agents.start(module("b2"))
    await store.put_module(module("c3"))
    await agents.stop(gone)
    await settled(gateway, store)
    await gateway.endpoints.wait_until(lambda: len(gateway.endpoints) == 2, "no endpoints", 30)
    _, plain = await api.get("/statuses")
    assert [(row["name"], row["status"], row["reachable"], row["errors"]) for row in plain["items"]] == [
        ("a1", "live", None, None),
        ("b2", "live", None, None),
        ("c3", "no-agent", None, None),
    ]
    assert plain["resource-version"] == str(gateway.cache.revision)
    _, measured = await api.get("/statuses", measure="true")
    assert [(row["name"], row["status"], row["reachable"], row["errors"]) for row in measured["items"]] == [
        ("a1", "live", True, 1000),
        ("b2", "silent", False, None),
        ("c3", "no-agent", None, None),
    ]
    for query in ({"name": "a1"}, {"label-selector": "team=shop"}):
        assert [row["name"] for row in (await api.get("/statuses", **query))[1]["items"]] == ["a1"]
    assert (await api.get("/statuses", measure="maybe"))[0] == 400
