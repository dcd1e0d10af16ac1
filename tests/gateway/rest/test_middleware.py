"""What surrounds every view: headers that no browser sends are refused before anything is done with them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.names import API_PATH
from tests.gateway.conftest import LOCAL

NO_ORIGINS = [b"http://[::1", b"\xff", b"http://a.example:99999", b"http://a.example\xe9", b"http://[v"]


async def ask(gateway: Gateway, *lines: bytes, path: str = f"{API_PATH}/modules", method: str = "GET") -> bytes:
    """The whole answer to one request with the given header lines, sent as the bytes they are."""
    reader, writer = await asyncio.open_connection(*gateway.address.rsplit(":", 1))
    try:
        head = [f"{method} {path} HTTP/1.1".encode(), b"Host: " + gateway.address.encode(), b"Connection: close"]
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
        assert len(caplog.records) <= 1


@pytest.mark.parametrize("origin", [b"null", b"http://a.example:8080", b"http://[::1]:80", b""])
async def test_what_browsers_send_is_answered(gateway: Gateway, origin: bytes) -> None:
    assert (await ask(gateway, b"Origin: " + origin)).startswith(b"HTTP/1.1 200 ")
