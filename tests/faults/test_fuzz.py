"""Requests that no client would send, made from right ones: each is answered or its connection closed, none unhandled.

``tox run -e fuzz`` sends 100,000 of them, an ordinary run some hundred. A failure names the seed and the request.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from corvo_agent.access.rules import ROUTES
from corvo_agent.agent.agent import Agent
from corvo_agent.diagnostics.messages.request_codec import request_of
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.protobuf.codec import encode
from tests.h2_peer import Peer, connected, framed

# Of each kind.
COUNT = int(os.environ.get("CORVO_FUZZ_REQUESTS", "300")) // 3
SEED = int(os.environ.get("CORVO_FUZZ_SEED", "1"))
NAME = "node1-fuzz"
_WAIT = 30.0
# What is thrown in where a text, a number or a name is expected.
ODD = [
    *("", "..", "/", "%00", "%2e%2e", "\x00", "a" * 5000, "é", "\ud800", "\u202e", "{}", "-1", "9" * 400, "NaN"),
    *(
        "1e999",
        "null",
        "true",
        "*",
        "=",
        ",",
        "(",
        "a=b",
        "a in (",
        "sha256:",
        "0s",
        "2026-01-01T00:00:00Z",
        "1h",
        "[::1",
    ),
    "|",
]


@pytest.fixture(autouse=True)
def nothing_unhandled(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What is not handled is logged with a traceback, by us, by aiohttp, by grpclib or by asyncio."""
    with caplog.at_level(logging.WARNING):
        yield
    assert [
        record.getMessage() for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR
    ] == []


@pytest_asyncio.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[tuple[Gateway, Agent]]:
    """A gateway and the agent of its one Module."""
    log = tmp_path / "log"
    log.write_text('{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"hello"}\n' * 20)
    settings = GatewaySettings(listen="127.0.0.1:0", grpc_listen="127.0.0.1:0")
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(MemoryStore())
        agent = await stack.enter_async_context(Agent("fuzz", node="node1", store=store, log_file=str(log)))
        running = await stack.enter_async_context(Gateway(store, settings))
        await running.endpoints.wait_until(lambda: running.endpoints.get(NAME) is not None, "no agent", 30)
        yield running, agent


class Maker:
    """Makes wrong requests of right ones, the same ones for a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def odd(self) -> str:
        """A text that fits nowhere."""
        return self.random.choice(ODD)

    def bent(self, data: bytes) -> bytes:
        """``data`` with some of its bytes changed, gone, or more."""
        found = bytearray(data)
        for _ in range(self.random.randint(1, 4)):
            at = self.random.randrange(len(found) + 1)
            match self.random.randrange(4):
                case 0:
                    found[at:at] = self.random.randbytes(self.random.randint(1, 8))
                case 1:
                    del found[at : at + self.random.randint(1, 8)]
                case 2 if at < len(found):
                    found[at] ^= 1 << self.random.randrange(8)
                case _:
                    del found[at:]
        return bytes(found)

    def value(self, depth: int = 0) -> object:
        """Some JSON."""
        kind = self.random.randrange(8 if depth < 3 else 5)
        if kind < 5:
            return self.random.choice([None, True, -1, 1.5, 10**30, self.odd()])
        if kind == 5:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        keys = ("kind", "meta", "name", "spec", "status", "log-level", "query", "parameters", "level", "for", "names")
        return {self.random.choice(keys): self.value(depth + 1) for _ in range(self.random.randrange(5))}

    def body(self) -> bytes:
        """What a request may carry."""
        right = {"query": self.random.choice(("Log", "Stats", "Profile", "Action", "")), "parameters": {"lines": "1"}}
        text = json.dumps(right if self.random.random() < 0.3 else self.value()).encode()
        return self.bent(text) if self.random.random() < 0.4 else text

    def http(self) -> bytes:
        """One HTTP request, after which the connection is to be closed."""
        method, path = self.random.choice(sorted(ROUTES))
        path = path.replace("{name}", self.random.choice((NAME, self.odd()))).replace("{id}", self.odd())
        if self.random.random() < 0.5:
            key = self.random.choice(
                ("label-selector", "field-selector", "lines", "cursor", "since", "watch", "timeout")
            )
            path += f"?{key}={self.odd()}"
        body = self.body() if method != "GET" or self.random.random() < 0.1 else b""
        more = self.random.choice(
            ("Origin", "Accept-Encoding", "If-None-Match", "Authorization", "Cookie", "X", "Upgrade")
        )
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}: {self.odd()}\r\nConnection: close\r\n"
        data = head.encode("utf-8", "surrogatepass") + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        return self.bent(data) if self.random.random() < 0.3 else data

    def message(self) -> bytes:
        """A Debug request."""
        query = self.random.choice(("Log", "Stats", "Profile", "log", "Action", self.odd()))
        keys = ("lines", "grep", "level", "since", "until", "cursor", "order", "profile", "seconds", "expvar", "where")
        parameters = {self.random.choice(keys): self.odd() for _ in range(self.random.randrange(4))}
        asked = DebugQuery(query, {key: text for key, text in parameters.items() if "\ud800" not in text}, NAME)
        if "\ud800" in query:
            asked = DebugQuery("Log", {}, NAME)
        data = encode(request_of(asked))
        return self.bent(data) if self.random.random() < 0.5 else data


async def test_rest(gateway: tuple[Gateway, Agent]) -> None:
    maker = Maker(SEED)
    host, _, port = gateway[0].address.rpartition(":")
    for number in range(COUNT):
        data = maker.http()
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            with contextlib.suppress(ConnectionError):
                writer.write(data)
                # Those that were cut short would wait for the rest of them.
                writer.write_eof()
                async with asyncio.timeout(_WAIT):
                    answer = await reader.read(100)
                assert not answer or answer.startswith(b"HTTP/1."), (SEED, number, data, answer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
    assert (
        await status_of(gateway[0], b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") == b"200"
    )


async def status_of(gateway: Gateway, data: bytes) -> bytes:
    """The status that a right request has."""
    host, _, port = gateway.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    status = (await reader.readline()).split()[1]
    writer.close()
    await writer.wait_closed()
    return status


async def test_frames(gateway: tuple[Gateway, Agent]) -> None:
    maker, addresses = Maker(SEED), (gateway[0].grpc_address, gateway[1].address)
    paths = ("/diagnostics.DiagnosticsV1/Debug", "/protos.Diagnostics/Debug")
    for number in range(COUNT):
        which = number % 2
        async with connected(addresses[which]) as peer:
            stream = peer.open(paths[which])
            peer.h2.send_data(stream, framed(maker.message())[:8000], end_stream=maker.random.random() < 0.5)
            with contextlib.suppress(ConnectionError):
                await peer.send_raw(maker.bent(peer.h2.data_to_send()))
    for address, path in zip(addresses, paths, strict=True):
        async with connected(address) as peer:
            assert await ask(peer, path, encode(request_of(DebugQuery("Stats", {"expvar": "cmdline"}, NAME)))) == "0"


async def ask(peer: Peer, path: str, message: bytes) -> str:
    """The status of a call."""
    stream = await peer.request(path)
    await peer.send(stream, framed(message), end=True)
    async with asyncio.timeout(_WAIT):
        status, _ = await peer.answer(stream)
    return status


async def test_debug_messages(gateway: tuple[Gateway, Agent]) -> None:
    maker, path = Maker(SEED), "/protos.Diagnostics/Debug"
    async with contextlib.AsyncExitStack() as stack:
        peer = await stack.enter_async_context(connected(gateway[1].address))
        for number in range(COUNT):
            message = maker.message()
            if b"seconds" in message or b"profile" in message.lower():
                # What measures for a while is tried by others.
                continue
            status = await ask(peer, path, message)
            # Neither UNKNOWN nor INTERNAL, which stand for what was not handled.
            assert status not in ("2", "13", "none"), (SEED, number, message, status)
