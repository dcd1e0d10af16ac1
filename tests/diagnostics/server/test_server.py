"""The agent's gRPC server: where it listens, how it ends, and that every service in it is bounded."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest
from betterproto.lib.google.protobuf import BytesValue

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import decode_string
from corvo_agent.diagnostics.server.server import DiagnosticsServer, ServerLimits, client_ssl, server_ssl
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import PermissionRefused, Unavailable
from tests.certificates import Authority
from tests.diagnostics.kit import Echo, Gate
from tests.diagnostics.test_calls import PATH, Generated, message
from tests.diagnostics.test_limits import UPLOAD, Upload, call
from tests.h2_peer import connected, framed


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def service(gate: Gate) -> DiagnosticsService:
    made = DiagnosticsService()
    made.register_handler("Log", Echo())
    made.register_handler("Gate", gate)
    return made


async def test_it_serves_where_it_says(service: DiagnosticsService) -> None:
    server = DiagnosticsServer([service])
    assert (server.address, repr(server)) == ("", "<DiagnosticsServer not serving>")
    async with server, DiagnosticsClient(server.address) as client:
        await server.start()
        assert server.address.startswith("127.0.0.1:")
        assert not server.address.endswith(":0")
        assert await client.logs(a=1) == [{"a": "1"}]
        assert repr(server) == f"<DiagnosticsServer {server.address}, 1 connections>"
    assert server.address == ""
    await server.aclose()


async def test_it_can_be_started_again(service: DiagnosticsService) -> None:
    server = DiagnosticsServer([service])
    for _ in range(2):
        async with server, DiagnosticsClient(server.address) as client:
            await client.logs()


async def test_mutual_tls(service: DiagnosticsService, tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    own, mine, other = authority.issue("agent.example"), authority.issue("client"), stranger.issue("client")
    trusting = client_ssl(authority.path, mine.cert, mine.key)
    server = DiagnosticsServer([service], ssl=server_ssl(own.cert, own.key, authority.path))
    name = "agent.example"
    async with server:
        async with DiagnosticsClient(server.address, ssl=trusting, server_hostname=name) as client:
            assert await client.logs(a=1) == [{"a": "1"}]
        # A wrong name, and an authority that the client does not know.
        for ssl, wanted in ((trusting, "other.example"), (client_ssl(stranger.path), name)):
            async with DiagnosticsClient(server.address, ssl=ssl, server_hostname=wanted) as client:
                with pytest.raises(PermissionRefused, match=f"TLS with {server.address} refused: "):
                    await client.logs()
        # No certificate, and one of an authority that the server does not know.
        for ssl in (client_ssl(authority.path), client_ssl(authority.path, other.cert, other.key)):
            async with DiagnosticsClient(server.address, ssl=ssl, server_hostname=name) as client:
                with pytest.raises(Unavailable, match="another certificate of the caller is wanted"):
                    await client.logs()
        async with DiagnosticsClient(server.address) as client:
            with pytest.raises(Unavailable, match="as where TLS is expected"):
                await client.logs()
        # No TLS at all.
        async with DiagnosticsClient(server.address) as client:
            with pytest.raises(Unavailable):
                await client.logs()


async def test_every_service_in_it_is_bounded(service: DiagnosticsService) -> None:
    limits = ServerLimits(request_bytes=1000)
    async with (
        DiagnosticsServer([service, Upload()], limits=limits) as server,
        connected(server.address) as peer,
    ):
        stream = await peer.request(UPLOAD)
        await peer.send(stream, framed(b"", length=2 << 30), end=True)
        assert await peer.answer(stream) == ("8", f"bytes of a message: at most 1000, got {2 << 30}")


async def test_stopping_lets_calls_end(service: DiagnosticsService, gate: Gate) -> None:
    server = DiagnosticsServer([service], limits=ServerLimits(drain_timeout=60))
    await server.start()
    address = server.address
    async with DiagnosticsClient(address) as client, DiagnosticsClient(address) as idle:
        await idle.logs()
        call = asyncio.create_task(client.debug("Gate"))
        await gate.entered.acquire()
        stop = asyncio.create_task(server.aclose())
        with pytest.raises(Unavailable):  # the idle connection was closed, and there is no new one
            await idle.logs()
        gate.open.set()
        assert decode_string((await call).value) == "through"
        await stop


async def test_stopping_does_not_wait_for_ever(service: DiagnosticsService, gate: Gate) -> None:
    server = DiagnosticsServer([service], limits=ServerLimits(drain_timeout=0.01))
    await server.start()
    async with DiagnosticsClient(server.address) as client:
        call = asyncio.create_task(client.debug("Gate"))
        await gate.entered.acquire()
        await server.aclose()
        with pytest.raises(Unavailable, match="the server is stopping"):
            await call
    await gate.cancelled.acquire()


class Deaf:
    """A service whose method takes no notice of its cancellation."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.go_on = asyncio.Event()

    def __mapping__(self) -> dict[str, object]:
        return {"/other.Deaf/Wait": Upload().__mapping__()[UPLOAD]._replace(func=self.wait)}

    async def wait(self, stream: object) -> None:
        for _ in range(2):
            self.entered.set()
            try:
                await self.go_on.wait()
            except asyncio.CancelledError:
                continue


async def test_stopping_gives_up_on_calls_that_do_not_end(caplog: pytest.LogCaptureFixture) -> None:
    deaf = Deaf()
    server = DiagnosticsServer([deaf], limits=ServerLimits(drain_timeout=0.01, stop_timeout=0.01))
    await server.start()
    async with connected(server.address) as peer:
        await peer.request("/other.Deaf/Wait")
        await deaf.entered.wait()
        await server.aclose()
        await peer.until_closed()
    assert "1 calls do not end although they were cancelled" in caplog.text
    deaf.go_on.set()


async def test_it_can_be_stopped_while_it_stops(service: DiagnosticsService, gate: Gate) -> None:
    server = DiagnosticsServer([service], limits=ServerLimits(drain_timeout=60))
    await server.start()
    async with DiagnosticsClient(server.address) as client:
        call = asyncio.create_task(client.debug("Gate"))
        await gate.entered.acquire()
        stop = asyncio.create_task(server.aclose())
        await asyncio.sleep(0)
        stop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stop
        with pytest.raises(Unavailable):
            await call
    await gate.cancelled.acquire()


async def test_one_that_cannot_start_leaves_nothing_open(service: DiagnosticsService) -> None:
    class Broken:
        def __mapping__(self) -> dict[str, object]:
            raise ZeroDivisionError

    server = DiagnosticsServer([service, Broken()])
    with pytest.raises(ZeroDivisionError):
        await server.start()
    assert server.address == ""
    gc.collect()


async def test_messages_of_other_services_are_read_strictly_too() -> None:
    class Plain(Generated):
        async def echo(self, request: BytesValue) -> BytesValue:
            return request

    limits = ServerLimits(request_fields=2)
    async with DiagnosticsServer([Plain()], limits=limits) as server, connected(server.address) as peer:
        assert await call(peer, message(b"x"), PATH) == ("0", "")
        assert (await call(peer, framed(b"\x0a\x05x"), PATH))[0] == "3"
        status, text = await call(peer, framed(b"\x10\x00" * 3), PATH)
        assert (status, text) == ("3", "request: google.protobuf.BytesValue: more than 2 fields")
