"""The rows of the contract that were found by comparing, on peers of the original behind the gateway."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from corvo_agent.gateway.app import Gateway
from corvo_agent.modules.model import ServicePort
from tests.certificates import Authority
from tests.cli.kit import corvo
from tests.foreign_peer import Messages, foreign
from tests.naples_proxy import PS, NaplesProxy, served
from tests.original_peer import Original

from .conftest import LOCAL, Api, Store, settled
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


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest_asyncio.fixture
async def nic(store: Store, authority: Authority) -> AsyncIterator[tuple[Api, NaplesProxy]]:
    """A gateway with certificates, and the proxy of a smart NIC that its Module tells of."""
    mine, proxy = authority.issue("gateway"), NaplesProxy()
    settings = replace(LOCAL, agent_ca=str(authority.path), agent_cert=str(mine.cert), agent_key=str(mine.key))
    async with (
        served(proxy, authority) as port,
        Gateway(store, settings) as gateway,
        aiohttp.ClientSession() as session,
    ):
        ports = (ServicePort("x", port),)
        await store.put_module(module("nic1", category="naples", node="127.0.0.1/8", ports=ports))
        await settled(gateway, store)
        yield Api(session, gateway), proxy


async def test_row_naples_modules(nic: tuple[Api, NaplesProxy]) -> None:
    """Naples: POST https://IP:PORT/api/diagnostics/ with the request's JSON, its body as the text of an Interface."""
    api, proxy = nic
    found = await api.call("POST", "/modules/nic1/Debug", {"parameters": {"command": "ps"}})
    assert found == (200, {"diagnostics": PS})
    meta = {"name": "nic1", "generation-id": "", "creation-time": "", "mod-time": ""}
    assert proxy.seen == [{"kind": "", "meta": meta, "service-port": {}, "parameters": {"command": "ps"}}]
    assert (await api.get("/watch/modules/nic1/logs"))[0] == 500
    ran = await corvo("action", "nic1", "ps", "--gateway", api.gateway.url)
    assert (ran.code, ran.out) == (0, PS + "\n")


async def test_row_naples_refusals_keep_their_code(nic: tuple[Api, NaplesProxy]) -> None:
    """An answer of the proxy other than 200 keeps its own code."""
    api, proxy = nic
    for code, title in ((403, "Forbidden"), (404, "Not Found"), (503, "Service Unavailable"), (599, "HTTP 599")):
        proxy.status, proxy.body = code, "no"
        status, body = await api.call("POST", "/modules/nic1/Debug", {"query": "log"})
        assert (status, body["code"], body["result"], body["message"]) == (
            code,
            code,
            {"Str": title},
            ["module [nic1]: no"],
        )


async def test_row_naples_is_asked_by_tls_only(api: Api, store: Store, authority: Authority) -> None:
    """A gateway that was given no authority asks no proxy that the system's authorities do not know."""
    proxy = NaplesProxy()
    async with served(proxy, authority) as port:
        ports = (ServicePort("x", port),)
        await store.put_module(module("nic1", category="naples", node="127.0.0.1/8", ports=ports))
        await settled(api.gateway, store)
        status, body = await api.call("POST", "/modules/nic1/Debug", {"query": "log"})
    assert (status, "certificate" in body["message"][0], proxy.seen) == (409, True, [])
