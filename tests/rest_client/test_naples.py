"""Asking a smart NIC through the proxy of its node, over real TLS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from corvo_agent.diagnostics.tls import client_ssl
from corvo_agent.errors import DecodeError, PermissionRefused, ProxyRefused, Unavailable, Unsupported
from corvo_agent.rest_client.naples import NaplesClient
from tests.certificates import Authority
from tests.kept_ports import NOBODY_THERE
from tests.naples_proxy import PS, NaplesProxy, served

NAME = "00ae.cd33.0001-pen-netagent"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def proxy() -> NaplesProxy:
    return NaplesProxy()


@pytest_asyncio.fixture
async def client(proxy: NaplesProxy, authority: Authority) -> AsyncIterator[NaplesClient]:
    mine = authority.issue("gateway")
    async with served(proxy, authority) as port:
        ssl = client_ssl(authority.path, mine.cert, mine.key, protocols=("http/1.1",))
        async with NaplesClient(f"https://127.0.0.1:{port}", NAME, ssl=ssl) as client:
            yield client


async def test_the_request_is_what_go_writes(client: NaplesClient, proxy: NaplesProxy) -> None:
    await client.debug("", {"command": "ps"})
    await client.debug("log", name="other", service_port="p")
    meta = {"generation-id": "", "creation-time": "", "mod-time": ""}
    assert proxy.seen == [
        {"kind": "", "meta": {"name": NAME, **meta}, "service-port": {}, "parameters": {"command": "ps"}},
        {"kind": "", "meta": {"name": "other", **meta}, "query": "log", "service-port": {"name": "p"}},
    ]


async def test_the_body_is_the_answer_whatever_it_is(client: NaplesClient, proxy: NaplesProxy) -> None:
    assert await client.action("ps", command="ps") == PS
    for body in ("", "\ufffd ü", '{"a":1}'):
        proxy.body = body
        assert await client.action("ps") == body
    with pytest.raises(DecodeError, match=r"api\.Interface"):
        await client.logs()


async def test_a_refusal_keeps_its_code(client: NaplesClient, proxy: NaplesProxy) -> None:
    proxy.status, proxy.body = 418, "x" * 10_000
    with pytest.raises(ProxyRefused) as caught:
        await client.debug("log")
    assert (caught.value.status, caught.value.code, len(caught.value.message)) == (418, "UNKNOWN", 300)
    status = {"kind": "Status", "result": {"Str": "no"}, "message": ["not allowed"], "code": 403}
    proxy.status, proxy.body = 403, orjson.dumps(status).decode()
    with pytest.raises(ProxyRefused, match="HTTP 403: not allowed") as caught:
        await client.debug("log")
    assert (caught.value.code, caught.value.exit_code) == ("PERMISSION_DENIED", 5)


async def test_nothing_is_followed(client: NaplesClient) -> None:
    with pytest.raises(Unsupported, match="answers once"):
        await anext(client.follow())


async def test_only_a_proxy_with_a_good_certificate_is_asked(
    proxy: NaplesProxy, authority: Authority, tmp_path: Path
) -> None:
    mine, stranger = authority.issue("gateway"), Authority(tmp_path, "stranger")
    async with served(proxy, authority, "nic.example") as port:
        url = f"https://127.0.0.1:{port}"
        trusting = client_ssl(authority.path, mine.cert, mine.key, protocols=("http/1.1",))
        with pytest.raises(PermissionRefused, match="certificate"):
            await NaplesClient(url, ssl=trusting).debug("log")
        with pytest.raises(PermissionRefused, match="certificate"):
            await NaplesClient(url).debug("log")
        with pytest.raises(PermissionRefused, match="certificate"):
            await NaplesClient(url, ssl=client_ssl(stranger.path, protocols=("http/1.1",))).debug("log")
        assert not proxy.seen
        await NaplesClient(url, ssl=trusting, server_hostname="nic.example").debug("log")
    assert len(proxy.seen) == 1


async def test_a_proxy_that_is_not_there() -> None:
    with pytest.raises(Unavailable, match="refused"):
        await NaplesClient(f"https://{NOBODY_THERE}").debug("log")
