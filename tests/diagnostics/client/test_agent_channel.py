"""Reaching an agent, and every way of not reaching one, in bounded time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import DeadlineExceeded, InvalidArgument, Unavailable
from tests.diagnostics.kit import Echo, Gate, served, until

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize("address", ["", "host", "host:", ":80", "host:x", "host:0", "host:65536", "unix:"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(InvalidArgument, match="address: "):
        DiagnosticsClient(address)


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        async with DiagnosticsClient(address) as client:
            with pytest.raises(Unavailable, match=f"{address} is unavailable: Connection refused$"):
                await client.logs()
            with pytest.raises(Unavailable):
                await anext(client.stream("Log"))
    assert repr(client) == f"<DiagnosticsClient {address}>"


async def test_a_unix_socket_that_is_not_there(tmp_path: object) -> None:
    async with DiagnosticsClient(f"unix:{tmp_path}/x") as client:
        with pytest.raises(Unavailable, match="No such file"):
            await client.logs()


async def test_a_name_that_nobody_knows() -> None:
    async with DiagnosticsClient("name.invalid:1") as client:
        with pytest.raises(Unavailable):
            await client.logs()


@asynccontextmanager
async def peer(behaviour: Behaviour) -> AsyncIterator[str]:
    """The address of a server that does ``behaviour`` with each connection."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await behaviour(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)


async def talk_http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 4)
    await writer.drain()
    await reader.read()


async def test_a_peer_that_says_nothing() -> None:
    async with peer(silent) as address, DiagnosticsClient(address, timeout=0.05) as client:
        told = ""
        # On a busy machine the time may pass before there is a connection.
        while not told.endswith("no answer within 0.05 s"):
            with pytest.raises((DeadlineExceeded, Unavailable), match=r"within 0.05 s$") as caught:
                await client.logs()
            told = str(caught.value)


@pytest.mark.parametrize("behaviour", [hang_up, talk_http1])
async def test_a_peer_that_speaks_something_else(behaviour: Behaviour) -> None:
    async with peer(behaviour) as address, DiagnosticsClient(address, timeout=0.2) as client:
        with pytest.raises((Unavailable, DeadlineExceeded)):
            await client.logs()


async def test_a_connection_gone_silent_is_left_for_a_new_one() -> None:
    service, gate = DiagnosticsService(), Gate()
    service.register_handler("Gate", gate)
    service.register_handler("Log", Echo())
    connections = 0

    async with served(service) as target:

        async def behaviour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            if connections == 1:
                await silent(reader, writer)
            await relay(target, reader, writer)

        async with peer(behaviour) as address, DiagnosticsClient(address) as client:
            first = asyncio.create_task(client.debug("Gate", timeout=60))
            await until(lambda: client.connected)
            with pytest.raises(DeadlineExceeded):
                await client.debug("Log", timeout=0.05)
            assert await client.logs(a=1) == [{"a": "1"}]
            assert (connections, first.done()) == (2, False)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first


async def relay(target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    host, _, port = target.rpartition(":")
    back, forth = await asyncio.open_connection(host, int(port))

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
        sink.close()

    try:
        await asyncio.gather(pump(reader, forth), pump(back, writer))
    finally:
        forth.close()
        await forth.wait_closed()


async def test_connecting_is_bounded_by_itself() -> None:
    with socket.socket() as full:
        # A backlog of none, filled: the system answers no further connection.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = f"127.0.0.1:{full.getsockname()[1]}"
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        async with DiagnosticsClient(address, connect_timeout=0.05) as client:
            with pytest.raises(Unavailable, match=r"no connection within 0.05 s"):
                await client.logs()
            with pytest.raises(Unavailable, match=r"no connection within 0.05 s"):
                await anext(client.stream("Log"))
        for filler in fillers:
            filler.close()
