"""Who calls: the tokens of the contract, what wrong ones cost, and that no one listens to the world without them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import aiohttp
import grpc.aio
import pytest

from corvo_agent.access import local_users
from corvo_agent.access.callers import EVERYONE
from corvo_agent.errors import ConfigError
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.auth import Gatekeeper
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.names import API_PATH
from tests.descriptors import google_class

from .conftest import LOCAL, Api

RawCall: TypeAlias = "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]"

# Of an older gateway.
TOKENS = "# people\nlook read\n\nact write\nplain\n"


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    path = tmp_path / "tokens"
    path.write_text(TOKENS)
    path.chmod(0o600)
    return replace(LOCAL, token_file=str(path), grpc_listen="127.0.0.1:0")


def with_token(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("headers", [{}, with_token("wrong"), {"Authorization": "Basic eDp5"}, {"Cookie": "sid=wrong"}])
async def test_row_unauthenticated(api: Api, headers: dict[str, str]) -> None:
    """unauthenticated: 401 Authentication failed, Not authenticated."""
    assert await api.call("GET", "/modules", headers=headers) == (
        401,
        {
            "kind": "Status",
            "result": {"Str": "Authentication failed"},
            "message": ["Not authenticated"],
            "code": 401,
            "object-ref": {},
        },
    )


async def test_row_not_authorized(api: Api) -> None:
    """not authorized: 403 Authorization failed, not authorized; what is missing is told as RFC 6750 tells it."""
    assert (await api.call("GET", "/modules", headers=with_token("look")))[0] == 200
    async with api.raw("PUT", "/modules/a1", {}, headers=with_token("look")) as response:
        body = await response.json()
        challenge = response.headers["WWW-Authenticate"]
    assert (response.status, body["result"]["Str"], body["message"]) == (
        403,
        "Authorization failed",
        ["not authorized"],
    )
    assert challenge == 'Bearer error="insufficient_scope", scope="operator"'
    for token in ("act", "plain"):
        assert (await api.call("PUT", "/modules/a1", {}, headers=with_token(token)))[0] == 404


async def test_row_cookie_and_csrf(api: Api) -> None:
    """Auth: cookie sid; a browser's non-GET also needs the header Grpc-Metadata-Csrf-Token."""
    cookie = {"Cookie": "sid=act"}
    browser = {**cookie, "Origin": api.gateway.url}
    assert (await api.call("GET", "/modules", headers=cookie))[0] == 200
    assert (await api.call("PUT", "/modules/a1", {}, headers=cookie))[0] == 404
    assert (await api.call("PUT", "/modules/a1", {}, headers=browser))[0] == 403
    confirmed = {**browser, "Grpc-Metadata-Csrf-Token": "act"}
    assert (await api.call("PUT", "/modules/a1", {}, headers=confirmed))[0] == 404


async def test_a_page_of_another_origin_opens_no_websocket_with_the_cookie_of_its_reader(api: Api) -> None:
    url, cookie = f"{api.base}/watch/modules", {"Cookie": "sid=act"}
    for origin in ("http://elsewhere.example", "null"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await api.session.ws_connect(url, headers={**cookie, "Origin": origin})
        assert refused.value.status == 403
        # No page can send this header.
        async with api.session.ws_connect(url, headers={**with_token("look"), "Origin": origin}):
            pass
    for own in ({}, {"Origin": api.gateway.url}):
        async with api.session.ws_connect(url, headers={**cookie, **own}):
            pass


async def test_health_and_documents_are_open_and_the_rest_is_not(api: Api) -> None:
    opened = {"/healthz": 200, "/readyz": 200, "/openapi.json": 200, "/docs": 200, "/metrics": 401, "/none": 401}
    opened |= {"/docs/guide": 200, "/docs/guide/options": 200, "/docs/style.css": 200, "/docs/guide/none": 404}
    for path, status in opened.items():
        async with api.session.get(api.gateway.url + path) as response:
            assert response.status == status, path


async def test_grpc_asks_for_the_same_tokens(gateway: Gateway) -> None:
    request = google_class("diagnostics.Module")(O={"Name": "a1"}).SerializeToString()
    cases = [
        ("AutoGetModule", "", grpc.StatusCode.UNAUTHENTICATED),
        ("AutoGetModule", "look", grpc.StatusCode.NOT_FOUND),
        ("AutoDeleteModule", "look", grpc.StatusCode.PERMISSION_DENIED),
        ("AutoDeleteModule", "act", grpc.StatusCode.NOT_FOUND),
    ]
    async with grpc.aio.insecure_channel(gateway.grpc_address) as channel:
        for method, token, code in cases:
            call: RawCall = channel.unary_unary(f"/diagnostics.DiagnosticsV1/{method}")
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(request, metadata=[("authorization", f"Bearer {token}")], timeout=60)
            assert caught.value.code() is code


async def test_without_tokens_the_connection_says_who_calls(api: Api) -> None:
    assert not Gatekeeper(EVERYONE).required
    assert await Gatekeeper(EVERYONE).caller("", "127.0.0.1") is None


class TestWithoutTokens:
    """Over loopback the user counts: here callers are found to be another one."""

    @pytest.fixture
    def settings(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> GatewaySettings:
        monkeypatch.setattr(local_users, "peer_uid", lambda connection: 12345)
        return replace(LOCAL, grpc_listen="127.0.0.1:0", audit_file=str(tmp_path / "audit"))

    async def test_another_user_is_refused_and_the_audit_names_it(self, api: Api, tmp_path: Path) -> None:
        code, body = await api.get("/modules")
        assert (code, body["result"]["Str"]) == (403, "Authorization failed")
        assert "uid 12345" in body["message"][0]
        assert "--allow-user" in body["message"][0]
        for path in ("/healthz", "/readyz", "/docs"):
            async with api.session.get(api.gateway.url + path) as response:
                assert response.status == 200
        async with grpc.aio.insecure_channel(api.gateway.grpc_address) as channel:
            call: RawCall = channel.unary_unary("/diagnostics.DiagnosticsV1/AutoListModule")
            with pytest.raises(grpc.aio.AioRpcError, match="uid 12345") as caught:
                await call(b"", timeout=60)
            assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
        await api.gateway.__aexit__(None, None, None)
        lines = map(json.loads, (tmp_path / "audit").read_text().splitlines())
        assert [(line["who"], line["action"], line["result"]) for line in lines] == [
            ("uid 12345", f"GET {API_PATH}/modules", "refused"),
            ("uid 12345", "/diagnostics.DiagnosticsV1/AutoListModule", "refused"),
        ]


class TestAllowedUsers:
    """The same, and the gateway was told of that user, or that anyone may."""

    @pytest.fixture(params=[{"allow_users": ("12345",)}, {"insecure": True}], ids=["allowed", "insecure"])
    def settings(self, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> GatewaySettings:
        monkeypatch.setattr(local_users, "peer_uid", lambda connection: 12345)
        return replace(LOCAL, grpc_listen="127.0.0.1:0", **request.param)

    async def test_it_is_answered(self, api: Api) -> None:
        assert (await api.get("/modules"))[0] == 200
        async with grpc.aio.insecure_channel(api.gateway.grpc_address) as channel:
            call: RawCall = channel.unary_unary("/diagnostics.DiagnosticsV1/AutoListModule")
            await call(b"", timeout=60)


@pytest.mark.parametrize("insecure", [True, False])
async def test_a_gateway_that_answers_anyone_says_so(insecure: bool, caplog: pytest.LogCaptureFixture) -> None:
    async with MemoryStore() as store, Gateway(store, replace(LOCAL, insecure=insecure)):
        pass
    warned = [record.levelname for record in caplog.records if "answers anyone who reaches it" in record.message]
    assert warned == ["WARNING"] * insecure


@pytest.mark.parametrize(
    "settings",
    [
        GatewaySettings(listen="0.0.0.0:0"),
        GatewaySettings(listen="[::]:0"),
        GatewaySettings(listen="example.com:80"),
        GatewaySettings(listen="0.0.0.0:0", tls_cert="a", tls_key="b"),
        GatewaySettings(listen="0.0.0.0:0", token_file="t"),
        GatewaySettings(grpc_listen="0.0.0.0:0"),
        GatewaySettings(tls_cert="a"),
        GatewaySettings(agent_key="a"),
        GatewaySettings(listen="nowhere"),
        GatewaySettings(listen="127.0.0.1:99999"),
    ],
)
def test_what_is_unsafe_or_wrong_is_refused_before_anything_runs(settings: GatewaySettings) -> None:
    with pytest.raises(ConfigError):
        Gateway(MemoryStore(), settings)


@pytest.mark.parametrize(
    "settings",
    [
        GatewaySettings(listen="localhost:0"),
        GatewaySettings(listen="[::1]:0"),
        GatewaySettings(listen="0.0.0.0:0", insecure=True),
        GatewaySettings(listen="0.0.0.0:0", tls_cert="a", tls_key="b", token_file="t"),
    ],
)
def test_what_is_safe_or_said_to_be_passes(settings: GatewaySettings) -> None:
    settings.check()
