"""The gateway as a whole: it starts without a store, says how it is, speaks TLS, and stops."""

from __future__ import annotations

import asyncio
import os
import ssl
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from corvo_agent.diagnostics.tls import client_ssl
from corvo_agent.errors import ConfigError, Unavailable
from corvo_agent.gateway.app import Gateway
from corvo_agent.modules.names import API_PATH
from tests.certificates import Authority

from .conftest import LOCAL, Api, Store, settled
from .modules import module


async def test_it_starts_while_the_store_is_away_and_says_so() -> None:
    async with Store() as store:
        store.go_away()
        settings = replace(LOCAL, check_interval=0.5)
        async with Gateway(store, settings) as gateway, aiohttp.ClientSession() as session:
            gateway.api._sync_timeout = 0.05
            async with session.get(gateway.url + "/readyz") as response:
                body = await response.json()
                assert (response.status, body["ready"], body["staleness"]) == (503, False, None)
            async with session.get(f"{gateway.url}{API_PATH}/modules") as response:
                assert response.status == 503
            async with session.get(f"{gateway.url}/healthz") as response:
                assert response.status == 200
            store.come_back()
            await gateway.cache.wait_synced(10)
            async with session.get(gateway.url + "/readyz") as response:
                assert (response.status, (await response.json())["ready"]) == (200, True)


@pytest.mark.parametrize("settings", [replace(LOCAL, max_staleness=0.0)])
async def test_a_state_older_than_the_bound_is_not_shown(api: Api, store: Store) -> None:
    status, body = await api.get("/modules")
    assert (status, "s old" in body["message"][0]) == (503, True)
    assert (await api.get("/modules", consistent="true"))[0] == 200
    async with api.session.get(api.gateway.url + "/readyz") as response:
        assert response.status == 503


async def test_metrics_count_by_route_and_show_the_state(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    await settled(api.gateway, store)
    await api.get("/modules/a1")
    await api.get("/modules/zz")
    async with api.session.get(api.gateway.url + "/metrics") as response:
        text = await response.text()
    route = f"{API_PATH}/modules/{{name}}"
    assert f'corvo_gateway_requests_total{{code="200",method="GET",route="{route}"}} 1.0' in text
    assert f'corvo_gateway_requests_total{{code="404",method="GET",route="{route}"}} 1.0' in text
    assert "corvo_gateway_modules 1.0" in text
    assert "corvo_gateway_watchers 0.0" in text


async def test_rest_over_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    identity = authority.issue("127.0.0.1")
    settings = replace(LOCAL, tls_cert=str(identity.cert), tls_key=str(identity.key), grpc_listen="127.0.0.1:0")
    trust = ssl.create_default_context(cafile=str(authority.path))
    async with Store() as store, Gateway(store, settings) as gateway, aiohttp.ClientSession() as session:
        assert gateway.url.startswith("https://127.0.0.1:")
        async with session.get(gateway.url + "/healthz", ssl=trust) as response:
            assert response.status == 200
            # Over plain HTTP there is none: see the row of these headers.
            assert "max-age" in response.headers["Strict-Transport-Security"]


async def test_renewed_certificates_are_shown_and_tokens_read_when_asked(tmp_path: Path) -> None:
    first, second = Authority(tmp_path, "first"), Authority(tmp_path, "second")
    own, new, tokens = first.issue("127.0.0.1"), second.issue("127.0.0.1"), tmp_path / "tokens"
    tokens.write_text("old-token")
    tokens.chmod(0o600)
    files = {"tls_cert": str(own.cert), "tls_key": str(own.key), "token_file": str(tokens)}
    settings = replace(LOCAL, grpc_listen="127.0.0.1:0", **files)  # type: ignore[arg-type]
    async with Store() as store, Gateway(store, settings) as gateway:

        async def status(authority: Authority, token: str) -> int:
            trust = ssl.create_default_context(cafile=str(authority.path))
            async with (
                aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
                session.get(f"{gateway.url}{API_PATH}/modules", ssl=trust) as response,
            ):
                return response.status

        async def grpc_trusts(authority: Authority) -> None:
            host, _, port = gateway.grpc_address.rpartition(":")
            _, writer = await asyncio.open_connection(host, int(port), ssl=client_ssl(authority.path))
            writer.transport.abort()

        assert await status(first, "old-token") == 200
        await grpc_trusts(first)
        os.replace(new.cert, own.cert)
        os.replace(new.key, own.key)
        assert await status(second, "old-token") == 200
        await grpc_trusts(second)
        tokens.write_text("# none")
        with pytest.raises(ConfigError, match="holds no token"):
            await gateway.reload_credentials()
        assert await status(second, "old-token") == 200
        tokens.write_text("new-token")
        await gateway.reload_credentials()
        assert [await status(second, token) for token in ("old-token", "new-token")] == [401, 200]


@pytest.mark.parametrize("option", ["tls_cert", "agent_cert", "agent_ca"])
async def test_files_that_do_not_serve_are_named(tmp_path: Path, option: str) -> None:
    path = str(tmp_path / "none")
    files = {option: path, option.replace("cert", "key"): path}
    async with Store() as store:
        with pytest.raises(ConfigError):
            await Gateway(store, replace(LOCAL, **files)).__aenter__()  # type: ignore[arg-type]


async def test_an_address_that_is_taken(gateway: Gateway) -> None:
    async with Store() as store:
        with pytest.raises(Unavailable, match="another process listens there"):
            await Gateway(store, replace(LOCAL, listen=gateway.address)).__aenter__()


async def test_stopping_ends_watches_and_says_why(store: Store) -> None:
    async with aiohttp.ClientSession() as session:
        async with Gateway(store, LOCAL) as gateway:
            await gateway.cache.wait_synced(60)
            response = await session.get(f"{gateway.url}{API_PATH}/watch/modules")
            last = asyncio.create_task(response.content.read())
        assert b"this gateway is stopping" in await last
        response.close()


async def test_two_gateways_share_nothing_but_the_store(store: Store) -> None:
    async with Gateway(store, LOCAL) as one, Gateway(store, LOCAL) as two, aiohttp.ClientSession() as session:
        async with session.post(f"{one.url}{API_PATH}/modules", json={"meta": {"name": "a1"}}) as response:
            revision = (await response.json())["meta"]["resource-version"]
        path = f"{two.url}{API_PATH}/modules/a1?min-revision={revision}"
        async with session.get(path) as response:
            assert response.status == 200
