"""The agent's gRPC server: where it listens, how it ends, and that every service in it is bounded."""

from __future__ import annotations

import asyncio
import socket
import stat
from pathlib import Path

import pytest

from corvo_agent.agent.server import DiagnosticsServer, ServerLimits, client_ssl, server_ssl
from corvo_agent.client import DiagnosticsClient
from corvo_agent.diagnostics.payloads import decode_string
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import ConfigError, PermissionRefused, Unavailable
from tests.certificates import Authority
from tests.diagnostics.kit import Echo, Gate
from tests.diagnostics.test_limits import GOOD, UPLOAD, Upload
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


async def test_ipv6_loopback(service: DiagnosticsService) -> None:
    async with DiagnosticsServer([service], "[::1]:0") as server, DiagnosticsClient(server.address) as client:
        assert server.address.startswith("[::1]:")
        await client.logs()


async def test_a_name_that_means_loopback(service: DiagnosticsService) -> None:
    async with DiagnosticsServer([service], "localhost:0") as server, DiagnosticsClient(server.address) as client:
        await client.logs()


async def test_sockets_hold_no_answer_back_and_give_up_on_peers_that_are_gone(service: DiagnosticsService) -> None:
    async with DiagnosticsServer([service]) as server, connected(server.address) as peer:
        (connection,) = server._connections._open
        opened = connection.connection._transport.get_extra_info("socket")
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
        await peer.send(await peer.request(), GOOD, end=True)


@pytest.mark.parametrize("listen", ["", "nowhere", "127.0.0.1", ":80", "127.0.0.1:x", "127.0.0.1:65536", "unix:"])
def test_what_is_no_address(listen: str) -> None:
    with pytest.raises(ConfigError, match="listen: "):
        DiagnosticsServer([], listen)


async def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(ConfigError, match=r"its name is not resolved .*, got 'name.invalid:0'"):
        await DiagnosticsServer([], "name.invalid:0").start()


async def test_a_port_that_is_taken(service: DiagnosticsService) -> None:
    async with DiagnosticsServer([service]) as first:
        with pytest.raises(Unavailable, match=f"{first.address} is unavailable: another process listens there already"):
            await DiagnosticsServer([service], first.address).start()


async def test_an_address_of_another_machine() -> None:
    with pytest.raises(Unavailable, match=r"192.0.2.1:0 is unavailable: "):
        await DiagnosticsServer([], "192.0.2.1:0", insecure=True).start()


async def test_beyond_loopback_it_needs_client_certificates(service: DiagnosticsService, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own = authority.issue("agent.example")
    plain, mutual = server_ssl(own.cert, own.key), server_ssl(own.cert, own.key, authority.path)
    for ssl in (None, plain):
        with pytest.raises(ConfigError, match="it needs TLS that asks clients for a certificate, or the word insecure"):
            await DiagnosticsServer([service], "0.0.0.0:0", ssl=ssl).start()
    for server in (
        DiagnosticsServer([service], "0.0.0.0:0", ssl=mutual),
        DiagnosticsServer([service], "0.0.0.0:0", insecure=True),
    ):
        async with server:
            assert server.address.startswith("0.0.0.0:")


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
                with pytest.raises(Unavailable):
                    await client.logs()
        # No TLS at all.
        async with DiagnosticsClient(server.address) as client:
            with pytest.raises(Unavailable):
                await client.logs()


async def test_a_unix_socket(service: DiagnosticsService, tmp_path: Path) -> None:
    path = tmp_path / "agent.sock"
    async with DiagnosticsServer([service], f"unix:{path}") as server:
        assert server.address == f"unix:{path}"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        async with DiagnosticsClient(server.address) as client:
            assert await client.logs(a=1) == [{"a": "1"}]
        with pytest.raises(Unavailable, match="another process listens there already"):
            await DiagnosticsServer([service], f"unix:{path}").start()
        async with DiagnosticsClient(server.address) as client:
            await client.logs()
    assert not path.exists()


async def test_the_unix_socket_of_a_dead_process_is_replaced(service: DiagnosticsService, tmp_path: Path) -> None:
    path = tmp_path / "agent.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with DiagnosticsServer([service], f"unix:{path}") as server, DiagnosticsClient(server.address) as client:
        await client.logs()


async def test_a_file_in_the_place_of_the_unix_socket_stays(service: DiagnosticsService, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(Unavailable, match="another process listens there already"):
        await DiagnosticsServer([service], f"unix:{path}").start()
    assert path.read_text() == "data"
    with pytest.raises(Unavailable, match="No such file"):
        await DiagnosticsServer([service], f"unix:{tmp_path}/missing/agent.sock").start()


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
