"""Whether the gateway runs and knows enough, as a load balancer asks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from corvo_agent.gateway.app import Gateway

from ...conftest import LOCAL, Api, Store, settled
from ...modules import module


async def asked(api: Api, path: str) -> tuple[int, str]:
    async with api.session.get(api.gateway.url + path) as response:
        return response.status, await response.text()


async def ready(gateway: Gateway) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(gateway.url + "/readyz") as response:
        return response.status, await response.json()


async def test_it_runs_when_it_answers(api: Api) -> None:
    assert await asked(api, "/healthz") == (200, "ok\n")


async def test_ready_tells_what_is_known(gateway: Gateway, store: Store) -> None:
    await store.put_module(module("a1"))
    await store.put("/corvo/v1/nothing", b"")
    await store.put_endpoint("a1", "10.0.0.1:1")
    await settled(gateway, store)
    status, body = await ready(gateway)
    assert (status, body["ready"], body["modules"], body["endpoints"]) == (200, True, 1, 1)
    assert body["undecodable"] == 0
    assert isinstance(body["staleness"], float)
    assert isinstance(body["watches"], dict)
    assert body["watches"].keys() == {"modules", "endpoints"}


async def test_before_the_first_state_it_is_not_ready_and_runs_all_the_same() -> None:
    async with Store() as store:
        store.go_away()
        async with Gateway(store, replace(LOCAL, check_interval=0.5)) as gateway:
            status, body = await ready(gateway)
            assert (status, body["ready"], body["staleness"]) == (503, False, None)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_other_methods_are_refused(api: Api, path: str) -> None:
    for method in ("POST", "DELETE"):
        async with api.session.request(method, api.gateway.url + path) as response:
            assert response.status == 405


async def test_many_monitors_ask_by_head(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("look read\n")
    tokens.chmod(0o600)
    async with Store() as store, aiohttp.ClientSession() as session:
        store.go_away()
        async with Gateway(store, replace(LOCAL, token_file=str(tokens))) as gateway:
            for path, status in (("/healthz", 200), ("/readyz", 503), ("/metrics", 401)):
                async with session.head(gateway.url + path) as response:
                    assert (response.status, await response.read()) == (status, b"")
                    # What follows on the connection is not taken for a body.
                    assert int(response.headers["Content-Length"]) > 0
