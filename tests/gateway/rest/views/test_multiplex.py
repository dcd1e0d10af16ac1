"""One stream a client: what is subscribed to comes line by line, and what is wrong refuses the whole request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from corvo_agent.gateway.app import Gateway
from corvo_agent.modules.names import API_PATH, key_of

from ...agents import AgentFarm
from ...conftest import Api, Store, settled
from ...modules import module

Lines = Callable[[], Any]


@asynccontextmanager
async def watching(api: Api, *subscriptions: dict[str, Any]) -> AsyncIterator[Lines]:
    """The lines of a stream, one at each call."""
    async with asyncio.timeout(60), api.raw("POST", "/watch", {"subscriptions": subscriptions}) as response:
        assert response.status == 200, await response.text()
        assert response.headers["Content-Type"] == "application/x-ndjson"

        async def line() -> Any:
            return json.loads(await response.content.readline())

        yield line


async def until_listed(line: Lines) -> dict[str, Any]:
    rows = {}
    while (told := await line())["type"] != "listed":
        rows[told["object"]["name"]] = told["object"]
    return rows


async def test_the_fleet_is_listed_and_then_only_what_changes_is_told(api: Api, store: Store, gateway: Gateway) -> None:
    for name in ("a1", "b2", "c3"):
        await store.put_module(module(name, labels={"team": name[0]}))
    await settled(gateway, store)
    fleet = {"id": "fleet", "kind": "statuses", "label-selector": "team in (a,b)"}
    async with watching(api, fleet) as line:
        assert (await until_listed(line)).keys() == {"a1", "b2"}
        await store.put_module(module("b2", labels={"team": "b"}, level="Debug"))
        told = await line()
        assert (told["id"], told["type"], told["object"]["wanted"]["level"]) == ("fleet", "row", "Debug")
        # One that is selected no more is gone for this client, as is one that was deleted.
        await store.put_module(module("b2", labels={"team": "z"}))
        assert await line() == {"id": "fleet", "type": "gone", "name": "b2"}
        await store.delete(key_of("a1"))
        assert await line() == {"id": "fleet", "type": "gone", "name": "a1"}


async def test_only_what_is_looked_at_is_measured(api: Api, store: Store, gateway: Gateway, agents: AgentFarm) -> None:
    for name in ("a1", "b2"):
        await agents.start(module(name))
    await settled(gateway, store)
    await gateway.endpoints.wait_until(lambda: len(gateway.endpoints) == 2, "no endpoints", 30)
    async with watching(api, {"id": "f", "kind": "statuses", "measure": ["a1"]}) as line:
        rows = await until_listed(line)
        while (row := rows["a1"])["errors"] is None:
            rows["a1"] = (await line())["object"]
        # The agent of this test answers with as many lines as it is asked for.
        assert (row["errors"], row["errors-at-least"], row["reachable"]) == (1000, True, True)
        assert (rows["b2"]["errors"], rows["b2"]["reachable"]) == (None, None)


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({}, 400, "a list is missing"),
        ({"subscription": []}, 400, "there is only subscriptions"),
        ({"subscriptions": [1]}, 400, "must be an object"),
        ({"subscriptions": [{"id": "", "kind": "statuses"}]}, 400, "must be a text"),
        ({"subscriptions": [{"id": "a", "kind": "weather"}]}, 400, "there are "),
        ({"subscriptions": [{"id": "a", "kind": "statuses"}] * 2}, 400, "of its own"),
        ({"subscriptions": [{"id": "a", "kind": "statuses", "measures": []}]}, 400, "measures: there are"),
        ({"subscriptions": [{"id": "a", "kind": "statuses", "label-selector": "a in ("}]}, 400, ""),
        ({"subscriptions": [{"id": "a", "kind": "statuses", "measure": ["x"] * 201}]}, 412, "at most 200"),
        ({"subscriptions": [{"id": str(n), "kind": "statuses"} for n in range(33)]}, 412, "at most 32"),
    ],
)
async def test_what_is_wrong_refuses_the_request(api: Api, body: Any, status: int, text: str) -> None:
    found, answer = await api.call("POST", "/watch", body)
    assert (found, text in json.dumps(answer)) == (status, True), answer


async def test_a_gateway_that_stops_ends_its_streams(store: Store, gateway: Gateway, api: Api) -> None:
    body = {"subscriptions": [{"id": "f", "kind": "statuses"}]}
    async with asyncio.timeout(60), api.session.post(f"{gateway.url}{API_PATH}/watch", json=body) as response:
        assert json.loads(await response.content.readline())["type"] == "listed"
        stopping = asyncio.create_task(gateway.__aexit__(None, None, None))
        assert await response.content.readline() == b""
        await stopping
