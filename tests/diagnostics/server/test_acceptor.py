"""Connections are accepted within bounds, and a process without descriptors recovers by itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import socket
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.addresses import SocketAddress
from corvo_agent.diagnostics.server.acceptor import Acceptor, within_descriptors
from corvo_agent.diagnostics.server.listen import address_of, open_socket
from corvo_agent.diagnostics.tls import server_ssl
from corvo_agent.log_thinning import ThinningFilter
from tests.certificates import Authority
from tests.diagnostics.kit import until
from tests.held import left_behind


class Held(asyncio.Protocol):
    """A connection that says hello and can be spared unless it is ``busy``."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.busy = server.busy

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.open.append(self)
        transport.write(b"hello")

    def connection_lost(self, exc: BaseException | None) -> None:
        if self in self._server.open:
            self._server.open.remove(self)


class Server:
    """The connections of a server, oldest first."""

    def __init__(self) -> None:
        self.open: list[Held] = []
        self.busy = False
        self.refused = 0
        self.address = ""

    def __len__(self) -> int:
        return len(self.open)

    def make_room(self) -> bool:
        for each in self.open:
            if not each.busy:
                self.open.remove(each)
                each.transport.close()
                return True
        return False


@contextlib.asynccontextmanager
async def accepting(limit: int, **more: Any) -> AsyncIterator[Server]:
    server = Server()
    listener = await open_socket(SocketAddress("127.0.0.1", 0), ssl=None, insecure=True)
    given = {"ssl": None, "handshake_timeout": 60.0, **more}
    acceptor = Acceptor(listener, lambda: Held(server), limit=limit, connections=server, **given)
    server.address = address_of(listener)
    acceptor.start()
    try:
        yield server
    finally:
        await acceptor.aclose()
        await acceptor.aclose()
        for each in tuple(server.open):
            each.transport.abort()


@contextlib.asynccontextmanager
async def connected(server: Server) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection(*server.address.split(":"))
    try:
        yield reader
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Nothing can be opened in here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = os.dup(0)
    os.close(spare)
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def gone(reader: asyncio.StreamReader) -> bytes:
    """What came before the connection ended."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


async def test_one_too_many_takes_the_place_of_one_that_can_be_spared() -> None:
    async with accepting(2) as server, connected(server) as first, connected(server) as second:
        assert await first.readexactly(5) == await second.readexactly(5) == b"hello"
        async with connected(server) as third:
            assert await third.readexactly(5) == b"hello"
            assert await gone(first) == b""
            assert (len(server), server.refused) == (2, 0)


async def test_where_none_can_be_spared_the_new_one_is_refused() -> None:
    async with accepting(1) as server:
        server.busy = True
        async with connected(server) as first:
            assert await first.readexactly(5) == b"hello"
            async with connected(server) as second:
                assert await gone(second) == b""
            assert server.refused == 1


async def test_a_handshake_that_is_not_made_holds_no_place(tmp_path: Path) -> None:
    own = Authority(tmp_path).issue("agent.example")
    context = server_ssl(own.cert, own.key)
    async with accepting(1, ssl=context) as server, connected(server) as silent, connected(server) as later:
        assert await gone(silent) == b""
        assert not later.at_eof()


async def test_a_handshake_has_its_time(tmp_path: Path) -> None:
    own = Authority(tmp_path).issue("agent.example")
    context = server_ssl(own.cert, own.key)
    async with accepting(9, ssl=context, handshake_timeout=0.01) as server, connected(server) as silent:
        assert await gone(silent) == b""
        assert not len(server)


async def test_handshakes_that_fail_leave_nothing_to_the_garbage_collector(tmp_path: Path) -> None:
    own = Authority(tmp_path).issue("agent.example")
    async with accepting(9, ssl=server_ssl(own.cert, own.key)) as server:
        with left_behind(SSLProtocol) as left:
            for _ in range(5):
                reader, writer = await asyncio.open_connection(*server.address.split(":"))
                writer.write(b"GET / HTTP/1.0\r\n\r\n")
                await gone(reader)
                writer.close()
            await until(lambda: all(task.get_name() != "corvo-handshake" for task in asyncio.all_tasks()))
            assert left() == 0


async def test_closing_gives_up_handshakes(tmp_path: Path) -> None:
    own = Authority(tmp_path).issue("agent.example")
    async with contextlib.AsyncExitStack() as clients:
        async with accepting(9, ssl=server_ssl(own.cert, own.key)) as server:
            silent = await clients.enter_async_context(connected(server))
        assert await gone(silent) == b""


async def test_without_descriptors_it_says_so_seldom_and_goes_on_afterwards(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING)
    # What another test has logged before counts for none here, and no second is over, however long the machine stands.
    logger = logging.getLogger("corvo_agent.diagnostics.server.acceptor")
    monkeypatch.setattr(logger, "filters", [ThinningFilter(clock=lambda: 0.0)])
    with socket.socket() as client:
        client.setblocking(False)
        async with accepting(100) as server:
            with no_descriptor_left():
                await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", int(server.address.split(":")[1])))
                await until(lambda: bool(caplog.records))
            assert await asyncio.get_running_loop().sock_recv(client, 5) == b"hello"
    said = [record.getMessage() for record in caplog.records]
    assert set(said) == {"cannot accept connections: Too many open files"}
    assert len(said) < 10


def test_half_of_the_descriptors_are_for_other_things() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
        assert (within_descriptors(6000), within_descriptors(256)) == (512, 256)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
