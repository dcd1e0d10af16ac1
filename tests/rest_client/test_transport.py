"""Requests to servers that are no gateways, that end in the middle, or that want to know who asks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from corvo_agent.cli.settings.where import Where
from corvo_agent.cli.where.connect import open_backend
from corvo_agent.errors import (
    CorvoError,
    DeadlineExceeded,
    DecodeError,
    PermissionRefused,
    RemoteError,
    ResourceExhausted,
    Unavailable,
)
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.rest_client import transport as transport_module
from corvo_agent.rest_client.transport import Transport
from tests.certificates import Authority
from tests.gateway.conftest import Store

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[Transport]:
    """A server that says, after each request, what ``talk`` says; and a transport to it."""

    tasks = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server:
        async with Transport(f"http://{host}:{port}", timeout=5) as transport:
            yield transport
        await asyncio.gather(*filter(None, tasks))


def saying(text: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await writer.drain()

    return talk


def answer(status: str, body: bytes, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (answer("200 OK", b"<html>"), DecodeError),
        (answer("200 OK", b"[]"), DecodeError),
        (answer("302 Found", b"", "Location: http://127.0.0.1:1/\r\n"), RemoteError),
        (answer("404 Not Found", b"nothing here"), RemoteError),
        (answer("502 Bad Gateway", b"<html>"), Unavailable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", Unavailable),
        (b"SSH-2.0-OpenSSH\r\n", Unavailable),
        (b"", Unavailable),
    ],
)
async def test_what_is_no_gateway_is_an_error_of_ours(said: bytes, error: type[CorvoError]) -> None:
    async with talking(saying(said)) as transport:
        with pytest.raises(error) as raised:
            await transport.call("GET", "/modules")
        assert transport.url in str(raised.value)


async def test_a_server_that_expects_https_is_told_from_one_that_ends() -> None:
    answers = [answer("200 OK", b"{}", "Connection: close\r\n")]

    async def ending(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop() if answers else b"")

    said = []
    for talk in (saying(b""), ending):
        async with talking(talk) as transport:
            if talk is ending:
                await transport.call("GET", "/modules")
            with pytest.raises(Unavailable) as raised:
                await transport.call("GET", "/modules")
            said.append(str(raised.value))
    assert ["expects https" in text for text in said] == [True, False]


async def test_a_server_that_says_nothing_is_waited_for_so_long(caplog: pytest.LogCaptureFixture) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with talking(silent) as transport:
        with pytest.raises(DeadlineExceeded, match=r"within 0\.05 s"):
            await transport.call("GET", "/modules", timeout=0.05)


async def test_an_answer_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "ANSWER_BYTES", 100)
    async with talking(saying(answer("200 OK", b" " * 101))) as transport:
        with pytest.raises(ResourceExhausted):
            await transport.call("GET", "/modules")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = b'data: {"log":{"msg":"%d"}}\n\n'


async def test_a_batch_that_is_cut_off_is_not_given_out() -> None:
    whole = chunk(EVENT % 1 + EVENT % 2)
    cut = chunk(EVENT % 3 + EVENT % 4)[:-20]
    async with (
        talking(saying(CHUNKED + whole + cut)) as transport,
        aclosing(transport.events("/watch/modules/m/logs", {}, name="m")) as batches,
    ):
        seen = [event["log"]["msg"] for event in await anext(batches)]
        with pytest.raises(Unavailable):
            await anext(batches)
    assert seen == ["1", "2"]


async def test_events_without_chunks_are_read_all_the_same() -> None:
    said = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + EVENT % 1 + EVENT % 2
    async with (
        talking(saying(said)) as transport,
        aclosing(transport.events("/watch/modules/m/logs", {}, name="m")) as batches,
    ):
        assert [event["log"]["msg"] for event in [event async for batch in batches for event in batch]] == ["1", "2"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("gateway-tls"))


@pytest.fixture(scope="module")
def secured(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> GatewaySettings:
    """TLS under the name gateway.test, and two tokens."""
    identity = authority.issue("gateway.test")
    tokens = tmp_path_factory.mktemp("tokens") / "tokens"
    tokens.write_text("looker read\nwriter write\n")
    tokens.chmod(0o600)
    return GatewaySettings(
        listen="127.0.0.1:0", tls_cert=str(identity.cert), tls_key=str(identity.key), token_file=str(tokens)
    )


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("writer\n")
    return path


async def test_tls_and_tokens(store: Store, authority: Authority, secured: GatewaySettings, token: Path) -> None:
    async with Gateway(store, secured) as gateway:
        base: dict[str, Any] = {"gateway": gateway.url, "tls_ca": str(authority.path), "tls_hostname": "gateway.test"}
        async with open_backend(Where(**base, gateway_token="looker")) as looker:
            assert (await looker.modules.list()).modules == ()
            with pytest.raises(PermissionRefused, match="not authorized"):
                await looker.modules.create(Module(ObjectMeta(name="m1")))
        async with open_backend(Where(**base, gateway_token_file=str(token))) as writer:
            assert (await writer.modules.create(Module(ObjectMeta(name="m1")))).name == "m1"
            async with aclosing(writer.modules.watch()) as events:
                assert (await anext(events)).module.name == "m1"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "token"),
        ({"gateway_token": "wrong"}, "token"),
        ({"tls_hostname": "other.test"}, "other.test"),
        ({"tls_ca": ""}, "its certificate is refused: "),
    ],
)
async def test_who_is_not_known_is_refused(
    store: Store, authority: Authority, secured: GatewaySettings, changes: dict[str, Any], words: str
) -> None:
    async with Gateway(store, secured) as gateway:
        base: dict[str, Any] = {"gateway": gateway.url, "tls_ca": str(authority.path), "tls_hostname": "gateway.test"}
        async with open_backend(Where(**{**base, **changes})) as backend:
            with pytest.raises(PermissionRefused) as raised:
                await backend.modules.list()
            assert words in str(raised.value)
            with pytest.raises(PermissionRefused):
                await anext(backend.modules.watch())
            async with backend.agent("m1") as client:
                with pytest.raises(PermissionRefused):
                    await client.stats()
                with pytest.raises(PermissionRefused):
                    await anext(client.follow())


@pytest.mark.parametrize(("host", "asked"), [("127.0.0.1", "identity"), ("gateway.example", "gzip")])
async def test_answers_are_packed_only_where_there_is_a_way_to_go(host: str, asked: str) -> None:
    heard: list[str] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Transport(f"http://{host}:{port}", timeout=20) as transport:
        session = transport._session
        assert session is not None
        # Whatever its name, it is that server.
        session.connector._resolver = Here()  # type: ignore[union-attr]
        assert await transport.call("GET", "/modules") == {}
    lines = heard[0].lower().split("\r\n")
    assert any(line.startswith("accept-encoding:") and asked in line for line in lines)


class Here(AbstractResolver):
    """Finds every name here."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
            )
        ]

    async def close(self) -> None:
        """Nothing to release."""
