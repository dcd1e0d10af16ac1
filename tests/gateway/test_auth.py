"""Who calls: the tokens of the contract, what wrong ones cost, and that no one listens to the world without them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import grpc.aio
import pytest

from corvo_agent.access.caller import ANYONE
from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import TokenFile
from corvo_agent.errors import ConfigError
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.auth import Gatekeeper, WrongTokens, bearer
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.testing import FakeClock
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


async def test_health_and_documents_are_open_and_the_rest_is_not(api: Api) -> None:
    opened = {"/healthz": 200, "/readyz": 200, "/openapi.json": 200, "/docs": 200, "/metrics": 401, "/none": 401}
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
                await call(request, metadata=[("authorization", f"Bearer {token}")], timeout=5)
            assert caught.value.code() is code


async def test_wrong_tokens_wait_and_right_ones_do_not(
    settings: GatewaySettings, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    keeper = Gatekeeper(TokenFile(settings.token_file, clock), clock)
    caplog.set_level(logging.WARNING, "corvo_agent.gateway.auth")
    for number in range(3):
        assert await keeper.caller(f"guess{number}", "10.0.0.1") is None
    for wait in (0.1, 0.2, 0.4):
        guess = asyncio.create_task(keeper.caller(f"guess{wait}", "10.0.0.1"))
        await asyncio.sleep(0)
        assert not guess.done()
        found = await keeper.caller("look", "10.0.0.1")
        assert found is not None
        assert found.role is Role.READER
        await clock.advance(wait)
        assert await guess is None
    # Who shows nothing has not tried anything.
    assert await keeper.caller("", "10.0.0.1") is None
    # Six of them are one line at most, and none shows what was tried.
    lines = [record.getMessage() for record in caplog.records if record.name == "corvo_agent.gateway.auth"]
    assert len(lines) <= 1
    assert "guess" not in "".join(lines)


def test_wrong_tokens_are_counted_by_address_and_by_token_and_forgotten() -> None:
    clock = FakeClock()
    wrong = WrongTokens(clock)
    assert [wrong.delay("a", str(n)) for n in range(10)] == [0, 0, 0, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert [wrong.delay(f"b{n}", "same") for n in range(5)] == [0, 0, 0, 0.1, 0.2]
    assert wrong.delay("c", "other") == 0
    for number in range(5000):
        wrong.delay(f"d{number}", "same")
    assert len(wrong) == 4096


async def test_without_tokens_everybody_may() -> None:
    assert await Gatekeeper().caller("", "127.0.0.1") is ANYONE
    assert not Gatekeeper().required
    assert bearer("bearer x") == "x"
    assert bearer("x") == ""


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
