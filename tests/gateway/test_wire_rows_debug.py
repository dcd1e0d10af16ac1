"""The rows of the contract on Debug (sections 3, 9 and 10), each named, with real agents on loopback."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from dataclasses import replace

import aiohttp
import pytest

from corvo_agent.gateway.routing.router import RouteLimits
from corvo_agent.modules.model import Module, ServicePort

from .agents import AgentFarm
from .conftest import Api, Store, announced, settled
from .modules import module


async def agent(api: Api, store: Store, agents: AgentFarm, found: Module | None = None) -> None:
    await agents.start(found or module("node1-pen-npm"))
    await settled(api.gateway, store)
    await announced(api.gateway, (found or module("node1-pen-npm")).name)


def refused(text: str) -> tuple[int, object]:
    return 409, {
        "kind": "Status",
        "result": {"Str": "Pre condition failed"},
        "message": [text],
        "code": 409,
        "object-ref": {},
    }


async def test_row_the_log_request_of_the_readme(api: Api, store: Store, agents: AgentFarm) -> None:
    """POST modules/NAME/Debug {"query":"Log","parameters":{"lines":"300"}} -> {"diagnostics":{"logs":[{"log":{}}]}}."""
    await agent(api, store, agents)
    body = b'{\n\t"query": "Log",\n\t"parameters":{\n\t\t"lines": "300"\n\t}\n}'
    status, found = await api.call("POST", "/modules/node1-pen-npm/Debug", body)
    assert status == 200
    assert list(found) == ["diagnostics"]
    logs = found["diagnostics"]["logs"]
    assert len(logs) == 300
    assert logs[7] == {"log": {"level": "info", "msg": "node1-pen-npm 7", "ts": "2026-01-01T00:00:07Z"}}


async def test_row_the_stats_request_of_the_readme(api: Api, store: Store, agents: AgentFarm) -> None:
    """Stats values are strings that hold JSON text (section 8)."""
    await agent(api, store, agents)
    body = {"query": "Stats", "parameters": {"action": "get", "expvar": "cpustats"}}
    assert await api.call("POST", "/modules/node1-pen-npm/Debug", body) == (
        200,
        {"diagnostics": {"stats": {"cpustats": '{"NumCPUs":16}'}}},
    )


async def test_row_the_profile_request_of_the_readme(api: Api, store: Store, agents: AgentFarm) -> None:
    """{"query":"profile","parameters":{"profile":"goroutine"}} -> {"diagnostics":{"buffer":"<base64>"}}."""
    await agent(api, store, agents)
    status, found = await api.call(
        "POST", "/modules/node1-pen-npm/Debug", {"query": "profile", "parameters": {"profile": "goroutine"}}
    )
    assert (status, list(found["diagnostics"])) == (200, ["buffer"])
    assert base64.b64decode(found["diagnostics"]["buffer"]) == b"\x1f\x8bprofile"


async def test_row_the_module_request_of_the_readme(api: Api, store: Store) -> None:
    """GET modules/node1-pen-spyglass: the keys of the example, in its order."""
    stored = module("node1-pen-spyglass", level="Debug")
    await store.put_module(
        replace(stored, status=replace(stored.status, service="pen-spyglass-2044", service_ports=()))
    )
    await settled(api.gateway, store)
    status, found = await api.get("/modules/node1-pen-spyglass")
    assert status == 200
    assert list(found["meta"]) == [
        "name",
        "generation-id",
        "resource-version",
        "uuid",
        "creation-time",
        "mod-time",
        "self-link",
    ]
    assert found["spec"] == {"log-level": "Debug"}
    assert list(found["status"]) == ["node", "module", "category", "service"]


async def test_row_stats_clear_is_an_empty_response(api: Api, store: Store, agents: AgentFarm) -> None:
    """clear -> {} over REST; an unknown expvar -> {"diagnostics":{}}."""
    await agent(api, store, agents)
    path = "/modules/node1-pen-npm/Debug"
    assert await api.call("POST", path, {"query": "stats", "parameters": {"action": "clear"}}) == (200, {})
    body = {"query": "stats", "parameters": {"expvar": "nope"}}
    assert await api.call("POST", path, body) == (200, {"diagnostics": {}})


@pytest.mark.parametrize("query", ["Log", "log", "LOG"])
async def test_row_query_in_any_case(api: Api, store: Store, agents: AgentFarm, query: str) -> None:
    """Table 0: Log, log in any case."""
    await agent(api, store, agents)
    assert (await api.call("POST", "/modules/node1-pen-npm/Debug", {"query": query}))[0] == 200


async def test_row_module_not_found(api: Api) -> None:
    """Debug: module not found: 409, rpc error: code = NotFound desc = Not Found."""
    found = await api.call("POST", "/modules/zz/Debug", {"query": "Log"})
    assert found == refused("rpc error: code = NotFound desc = Not Found")


async def test_row_invalid_service_name(api: Api, store: Store, agents: AgentFarm) -> None:
    """Case 8: service-port "invalid" is none of status.service-ports -> invalid service name [invalid]."""
    ports = (ServicePort("pen-citadel", 7087), ServicePort("pen-collector", 10777))
    await agent(api, store, agents, module("node1-pen-citadel", module="pen-citadel", ports=ports))
    body = {"query": "Log", "service-port": {"name": "invalid"}}
    path = "/modules/node1-pen-citadel/Debug"
    assert await api.call("POST", path, body) == refused("invalid service name [invalid]")
    assert (await api.call("POST", path, {"query": "Log", "service-port": {"name": "pen-collector"}}))[0] == 200


async def test_row_no_instance(api: Api, store: Store) -> None:
    """Case 4: nothing says where the instance is -> unable to locate service instance for module [NAME]."""
    text = "unable to locate service instance for module [node2-pen-spyglass]"
    await store.put_module(module("node2-pen-spyglass", module="pen-spyglass", node="no-such-host.invalid", ports=()))
    await settled(api.gateway, store)
    path = "/modules/node2-pen-spyglass/Debug"
    assert await api.call("POST", path, {"query": "Log"}) == refused(text)
    port = (ServicePort("pen-spyglass", 9011),)
    await store.put_module(module("node2-pen-spyglass", module="pen-spyglass", node="no-such-host.invalid", ports=port))
    await settled(api.gateway, store)
    assert await api.call("POST", path, {"query": "Log"}) == refused(text)


async def test_row_every_module_with_an_address_answers(api: Api, store: Store, agents: AgentFarm) -> None:
    """Case 5 and table 0: no fixed list of names; "unsupported" with its own instance answers."""
    await agent(api, store, agents, module("node1-unsupported", module="unsupported"))
    assert (await api.call("POST", "/modules/node1-unsupported/Debug", {"query": "Log"}))[0] == 200


async def test_row_a_go_peer_is_found_by_node_and_port(api: Api, store: Store, agents: AgentFarm) -> None:
    """Service name = request service-port.name, else status.module; host = status.node."""
    peer = await agents.start(module("node1-go"), announce=False)
    ports = (ServicePort("other", 1), ServicePort("pen-npm", peer.port))
    await store.put_module(module("node1-go", node="127.0.0.1", ports=ports))
    await settled(api.gateway, store)
    assert (await api.call("POST", "/modules/node1-go/Debug", {"query": "Log"}))[0] == 200
    body = {"query": "Log", "service-port": {"name": "pen-npm"}}
    assert (await api.call("POST", "/modules/node1-go/Debug", body))[0] == 200


async def test_row_naples_node_is_a_cidr_address(api: Api, store: Store) -> None:
    """invalid CIDR address: X (naples node not CIDR)."""
    for node in ("", "127.0.0.1", "nonsense/24"):
        await store.put_module(module("nic1", category="naples", node=node, ports=()))
        await settled(api.gateway, store)
        found = await api.call("POST", "/modules/nic1/Debug", {"query": "Log"})
        assert found == refused(f"invalid CIDR address: {node}")


async def test_row_an_error_of_the_agent_is_told(api: Api, store: Store, agents: AgentFarm) -> None:
    """Case 6: backend rpc fails -> 409 with that error, as Go writes it."""
    await agent(api, store, agents)
    path = "/modules/node1-pen-npm/Debug"
    status, body = await api.call("POST", path, {"query": "Log", "parameters": {"lines": "x"}})
    assert (status, body["result"]["Str"]) == (409, "Pre condition failed")
    assert body["message"] == ["rpc error: code = InvalidArgument desc = lines: not a number, got 'x'"]
    status, body = await api.call("POST", path, {"query": "nope"})
    assert (status, "unknown query: nope" in body["message"][0]) == (409, True)


async def test_row_an_answer_of_an_unknown_type(api: Api, store: Store, agents: AgentFarm) -> None:
    """Debug reply with unknown Any type: 500, bare, Go's text."""
    await agent(api, store, agents)
    status, body = await api.call("POST", "/modules/node1-pen-npm/Debug", {"query": "Odd"})
    text = 'json: error calling MarshalJSON for type *api.Any: any: message type "protos.X" isn\'t linked in'
    assert (status, body) == (500, {"kind": "", "result": {}, "message": [text], "code": 500})


async def test_row_a_dead_backend(api: Api, store: Store, agents: AgentFarm) -> None:
    """An agent that is gone: 503 with the module's name, in bounded time."""
    dead = await agents.start(module("node1-pen-npm"))
    await agents.stop(dead)
    await settled(api.gateway, store)
    status, body = await api.call("POST", "/modules/node1-pen-npm/Debug", {"query": "Log"})
    assert (status, body["result"]["Str"], body["code"]) == (503, "Service Unavailable", 503)
    assert "[node1-pen-npm]" in body["message"][0]


async def test_row_a_hung_backend(api: Api, store: Store, agents: AgentFarm) -> None:
    """An agent that hangs: 504 with the module's name, within the caller's time."""
    await agent(api, store, agents)
    path = "/modules/node1-pen-npm/Debug"
    status, body = await api.call("POST", path, {"query": "Hang"}, params={"timeout": "300ms"})
    assert (status, body["result"]["Str"]) == (504, "Gateway Timeout")
    assert "[node1-pen-npm]" in body["message"][0]
    assert (await api.call("POST", path, {"query": "Log"}))[0] == 200


async def test_an_agent_where_nobody_may_dial_is_refused_by_rule(api: Api, store: Store) -> None:
    await store.put_endpoint("node1-pen-npm", "169.254.169.254:80")
    await store.put_module(module("node1-pen-npm"))
    await settled(api.gateway, store)
    status, body = await api.call("POST", "/modules/node1-pen-npm/Debug", {"query": "Log"})
    assert (status, "metadata services are never dialled" in body["message"][0]) == (409, True)
    await store.put_endpoint("node1-pen-npm", "192.0.2.7:80")
    await announced(api.gateway, "node1-pen-npm", api.gateway.endpoints.get("node1-pen-npm"))
    status, body = await api.call("POST", "/modules/node1-pen-npm/Debug", {"query": "Log"})
    assert (status, "--allow-network" in body["message"][0]) == (409, True)


@pytest.mark.parametrize(
    "body", [b"{", {"query": 5}, {"parameters": {"lines": 5}}, {"parameters": []}, {"service-port": "x"}]
)
async def test_a_request_that_is_none(api: Api, body: object) -> None:
    assert (await api.call("POST", "/modules/a1/Debug", body))[0] == 400


async def test_many_are_asked_at_once(api: Api, store: Store, agents: AgentFarm) -> None:
    for name in ("a1", "b2", "c3"):
        await agents.start(module(name, labels={"app": "x"}))
    await agents.stop(await agents.start(module("dead", labels={"app": "x"})))
    await store.put_module(module("other"))
    await settled(api.gateway, store)
    await announced(api.gateway, "dead")
    body = {"query": "Log", "parameters": {"lines": "1"}}
    async with api.raw("POST", "/Debug", body, params={"label-selector": "app=x"}) as response:
        assert (response.status, response.content_type) == (200, "application/x-ndjson")
        lines = [json.loads(line) for line in (await response.text()).splitlines()]
    assert lines.pop() == {"summary": {"modules": 4, "ok": 3, "failed": 1}}
    found = {line["module"]: line for line in lines}
    assert sorted(found) == ["a1", "b2", "c3", "dead"]
    assert found["a1"]["diagnostics"]["logs"][0]["log"]["msg"] == "a1 0"
    assert (found["dead"]["ok"], found["dead"]["error"]["code"]) == (False, 503)


async def test_one_that_hangs_holds_nobody_up(api: Api, store: Store, agents: AgentFarm) -> None:
    await agents.start(module("hung-1"))
    await agents.start(module("fine-1"))
    agents.hang("hung-1")
    await settled(api.gateway, store)
    await announced(api.gateway, "fine-1")
    await announced(api.gateway, "hung-1")
    # The fine one has no longer than the other: more where the machine stands still.
    for timeout in ("1s", "20s"):
        params = {"timeout": timeout, "concurrency": "2"}
        async with api.raw("POST", "/Debug", {"query": "Log"}, params=params) as response:
            first = json.loads(await response.content.readline())
            second = json.loads(await response.content.readline())
        if first["ok"]:
            break
    assert (first["module"], first["ok"]) == ("fine-1", True)
    assert agents.waiting("hung-1")
    assert (second["module"], second["error"]["code"]) == ("hung-1", 504)


async def test_logs_of_many_are_merged_by_time(api: Api, store: Store, agents: AgentFarm) -> None:
    for name in ("a1", "b2"):
        await agents.start(module(name))
    await settled(api.gateway, store)
    await announced(api.gateway, "b2")
    async with api.raw("POST", "/Debug", {"query": "Log"}, params={"merge": "time"}) as response:
        lines = [json.loads(line) for line in (await response.text()).splitlines()]
    assert [(line["module"], line["log"]["msg"][-1]) for line in lines[:-1]] == [
        ("a1", "0"),
        ("b2", "0"),
        ("a1", "1"),
        ("b2", "1"),
    ]


async def test_a_bulk_request_that_is_none(api: Api) -> None:
    assert (await api.call("POST", "/Debug", {"query": "Log"}, params={"merge": "x"}))[0] == 400
    assert (await api.call("POST", "/Debug", {"query": "Log"}, params={"field-selector": "x"}))[0] == 400
    assert (await api.call("POST", "/Debug", {"query": "Log"}, params={"timeout": "x"}))[0] == 400


async def test_a_log_is_followed_as_lines(api: Api, store: Store, agents: AgentFarm) -> None:
    follower = await agents.start(module("a1"))
    await settled(api.gateway, store)
    await announced(api.gateway, "a1")
    async with api.raw("GET", "/watch/modules/a1/logs", params={"lines": "1"}) as response:
        assert response.content_type == "application/x-ndjson"
        assert json.loads(await response.content.readline())["log"]["msg"] == "a1 0"
        await follower.say("later")
        assert json.loads(await response.content.readline())["log"]["msg"] == "later"
        await follower.end()
        assert await response.content.read() == b""


async def test_a_log_is_followed_as_events(api: Api, store: Store, agents: AgentFarm) -> None:
    follower = await agents.start(module("a1"))
    await settled(api.gateway, store)
    await announced(api.gateway, "a1")
    headers = {"Accept": "text/event-stream"}
    async with api.raw("GET", "/watch/modules/a1/logs", params={"lines": "1"}, headers=headers) as response:
        assert response.content_type == "text/event-stream"
        line = await response.content.readline()
        assert json.loads(line.removeprefix(b"data: "))["log"]["msg"] == "a1 0"
        assert await response.content.readline() == b"\n"
        await agents.stop(follower)
        await follower.end()
        last = json.loads((await response.content.readline()).removeprefix(b"data: "))
        assert last["error"]["code"] == 503


async def test_what_cannot_be_followed_has_a_status(api: Api, store: Store, agents: AgentFarm) -> None:
    assert (await api.get("/watch/modules/zz/logs"))[0] == 409
    await agents.start(module("a1"))
    await settled(api.gateway, store)
    await announced(api.gateway, "a1")
    assert (await api.get("/watch/modules/a1/logs", lines="x"))[0] == 409


async def test_a_reader_that_leaves_ends_the_query(api: Api, store: Store, agents: AgentFarm) -> None:
    follower = await agents.start(module("a1"))
    await settled(api.gateway, store)
    await announced(api.gateway, "a1")
    async with aiohttp.ClientSession() as session, session.get(f"{api.base}/watch/modules/a1/logs") as response:
        await response.content.readline()
    await follower.left.wait()


@pytest.mark.parametrize("limits", [{"routes": RouteLimits(at_once=1)}])
async def test_queries_under_way_are_bounded(api: Api, store: Store, agents: AgentFarm) -> None:
    await agent(api, store, agents)
    path = "/modules/node1-pen-npm/Debug"
    agents.hang("node1-pen-npm")
    first = asyncio.create_task(api.call("POST", path, {"query": "Log"}, params={"timeout": "50s"}))
    await agents.waiting_for("node1-pen-npm")
    status, body = await api.call("POST", path, {"query": "Stats"})
    assert (status, "at most 1" in body["message"][0]) == (412, True)
    # Its caller goes away.
    first.cancel()
    await asyncio.wait({first})
    while (await api.call("POST", path, {"query": "Stats"}))[0] == 412:
        pass
    assert (await api.call("POST", path, {"query": "Stats"}))[0] == 200


async def test_a_large_answer_arrives_whole(api: Api, store: Store, agents: AgentFarm) -> None:
    await agent(api, store, agents)
    body = {"query": "Log", "parameters": {"lines": "20000"}}
    status, found = await api.call("POST", "/modules/node1-pen-npm/Debug", body)
    assert (status, len(found["diagnostics"]["logs"])) == (200, 20000)
    async with api.raw("POST", "/Debug", body) as response:
        lines = [json.loads(line) for line in io.BytesIO(await response.read())]
    assert len(lines[0]["diagnostics"]["logs"]) == 20000
