"""The rows of the contract that were found by comparing, on peers of the original behind the gateway."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from corvo_agent.modules.model import ServicePort
from tests.foreign_peer import Messages, foreign
from tests.original_peer import Original

from .conftest import Api, Store, settled
from .modules import module

NAME = "node1-pen-npm"


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Messages:
    return Messages(tmp_path_factory.mktemp("protos"))


@pytest_asyncio.fixture
async def original(api: Api, store: Store, messages: Messages) -> AsyncIterator[Original]:
    """A peer that is found by the status of its Module."""
    peer = Original(messages)
    peer.records = [{"level": "info", "msg": f"line {number}"} for number in range(3)]
    async with foreign(peer) as address:
        host, _, port = address.partition(":")
        known = module(NAME)
        ports = (ServicePort(known.status.module, int(port)),)
        await store.put_module(replace(known, status=replace(known.status, node=host, service_ports=ports)))
        await settled(api.gateway, store)
        yield peer


async def test_row_case_of_a_query_sent(api: Api, original: Original) -> None:
    """A peer of the original knows log, stats and action exactly: it is asked again in lower case."""
    stats = {"query": "Stats", "parameters": {"expvar": "cmdline"}}
    answer = 200, {"diagnostics": {"stats": {"cmdline": '["/bin/pen"]'}}}
    assert await api.call("POST", f"/modules/{NAME}/Debug", stats) == answer
    assert [request.Query for request in original.seen] == ["Stats", "stats"]
    status, body = await api.call("POST", f"/modules/{NAME}/Debug", {"query": "Nothing"})
    assert (status, body["message"]) == (409, ["rpc error: code = Unknown desc = unknown query: Nothing"])


async def test_row_case_of_a_query_sent_to_many(api: Api, original: Original) -> None:
    """So it is by a query to many."""
    async with api.raw("POST", "/Debug", {"query": "LOG", "parameters": {"lines": "1"}}) as response:
        line, summary = [json.loads(each) for each in (await response.text()).splitlines()]
    assert line["diagnostics"] == {"logs": [{"log": original.records[-1]}]}
    assert summary == {"summary": {"modules": 1, "ok": 1, "failed": 0}}


async def test_row_follow_on_a_peer_without_debug_stream(api: Api, original: Original) -> None:
    """A peer that cannot be followed is asked for its log again and again."""
    async with api.raw("GET", f"/watch/modules/{NAME}/logs", params={"lines": "1"}) as response:
        assert response.status == 200
        assert json.loads(await response.content.readline()) == {"log": original.records[-1]}
        original.records.append({"level": "error", "msg": "line 3"})
        assert json.loads(await response.content.readline()) == {"log": original.records[-1]}
