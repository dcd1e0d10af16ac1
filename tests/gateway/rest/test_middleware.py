"""What surrounds every view: headers that no browser sends are refused before anything is done with them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.rest.connection import HttpLimits
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.names import API_PATH
from tests.gateway.conftest import LOCAL

NO_ORIGINS = [b"http://[::1", b"\xff", b"http://a.example:99999", b"http://a.example\xe9", b"http://[v"]


async def ask(
    gateway: Gateway, *lines: bytes, path: str = f"{API_PATH}/modules", method: str = "GET", host: bytes = b"127.0.0.1"
) -> bytes:
    """The whole answer to one request with the given header lines, sent as the bytes they are."""
    reader, writer = await asyncio.open_connection(*gateway.address.rsplit(":", 1))
    try:
        head = [f"{method} {path} HTTP/1.1".encode(), b"Host: " + host, b"Connection: close"]
        writer.write(b"\r\n".join((*head, *lines, b"", b"")))
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


class WithTokens:
    """A gateway that asks for tokens: what is refused here is refused to callers who show none."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> GatewaySettings:
        path = tmp_path / "tokens"
        path.write_text("look read\n")
        path.chmod(0o600)
        return replace(LOCAL, token_file=str(path))


class TestOriginsThatAreNone(WithTokens):
    @pytest.mark.parametrize("method", ["GET", "PUT"])
    @pytest.mark.parametrize("origin", NO_ORIGINS)
    async def test_they_are_refused_without_a_traceback(
        self, gateway: Gateway, caplog: pytest.LogCaptureFixture, origin: bytes, method: str
    ) -> None:
        caplog.set_level(logging.INFO)
        answer = await ask(gateway, b"Origin: " + origin, method=method)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"the header Origin is no origin" in answer
        assert b"Access-Control-Allow-Origin" not in answer
        assert not [record for record in caplog.records if record.exc_info]
        # What watches the store says has nothing to do with it.
        assert len([record for record in caplog.records if ".rest." in record.name]) <= 1


@pytest.mark.parametrize("origin", [b"null", b"http://a.example:8080", b"http://[::1]:80", b""])
async def test_what_browsers_send_is_answered(gateway: Gateway, origin: bytes) -> None:
    assert (await ask(gateway, b"Origin: " + origin)).startswith(b"HTTP/1.1 200 ")


READING = [f"{API_PATH}/modules", f"{API_PATH}/modules/a1", f"{API_PATH}/watch/modules/a1/logs", "/metrics", "/docs"]
STRANGE = [b"evil.example", b"evil.example:9000", b"127.0.0.1.evil.example", b"[::1", b"", b"\xff", b"localhost@evil"]


@pytest.mark.parametrize("host", STRANGE)
@pytest.mark.parametrize("path", READING)
async def test_without_tokens_a_strange_name_is_told_nothing(gateway: Gateway, host: bytes, path: str) -> None:
    answer = await ask(gateway, path=path, host=host)
    assert answer.startswith((b"HTTP/1.1 421 ", b"HTTP/1.1 400 ") if host in (b"", b"\xff") else b"HTTP/1.1 421 ")
    assert b"--hostname" in answer or b" 400 " in answer


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_ask_by_any_name(gateway: Gateway, path: str) -> None:
    assert (await ask(gateway, path=path, host=b"node-7.example")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("host", [b"localhost:9000", b"LOCALHOST.", b"127.0.0.1:1", b"[::1]:9000", b"192.0.2.7"])
async def test_addresses_and_localhost_are_the_gateways(gateway: Gateway, host: bytes) -> None:
    assert (await ask(gateway, host=host)).startswith(b"HTTP/1.1 200 ")


class TestHostnames:
    @pytest.fixture
    def settings(self) -> GatewaySettings:
        return replace(LOCAL, hostnames=("Corvo.example",))

    async def test_those_that_were_given_are_the_gateways(self, gateway: Gateway) -> None:
        assert (await ask(gateway, host=b"corvo.example:9000")).startswith(b"HTTP/1.1 200 ")
        assert (await ask(gateway, host=b"other.example")).startswith(b"HTTP/1.1 421 ")


class TestHostnamesBesideTokens(WithTokens):
    async def test_who_shows_a_token_asks_by_any_name(self, gateway: Gateway) -> None:
        answer = await ask(gateway, b"Authorization: Bearer look", host=b"any.example")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert (await ask(gateway, host=b"any.example")).startswith(b"HTTP/1.1 401 ")


class TestTokensThatAreRevoked(WithTokens):
    """Streams last for days, and so would the rights that they began with."""

    @pytest.fixture
    def limits(self) -> dict[str, Any]:
        return {"http": HttpLimits(recheck=0.05)}

    @pytest.mark.parametrize("changed", ["other read\n", "look write\n"])
    async def test_a_stream_ends_when_its_token_gives_other_rights(
        self, gateway: Gateway, tmp_path: Path, changed: str
    ) -> None:
        url, headers = f"{gateway.url}{API_PATH}", {"Authorization": "Bearer look"}
        fleet = {"subscriptions": [{"id": "f", "kind": "statuses"}]}
        async with (
            asyncio.timeout(60),
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{url}/watch", json=fleet) as stream,
            session.get(f"{url}/watch/modules") as watch,
        ):
            assert b"listed" in await stream.content.readline()
            (tmp_path / "tokens").write_text(changed)
            for response in (stream, watch):
                with pytest.raises(aiohttp.ClientPayloadError):
                    await response.content.read()
