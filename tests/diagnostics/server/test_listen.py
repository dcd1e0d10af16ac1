"""Where a server may listen, and what it says where it may not."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from corvo_agent.addresses import address_to_listen
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.listen import listen_error
from corvo_agent.diagnostics.server.server import DiagnosticsServer, server_ssl
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import ConfigError, PermissionRefused, Unavailable
from tests.certificates import Authority
from tests.diagnostics.kit import Echo
from tests.diagnostics.test_limits import GOOD
from tests.h2_peer import connected


@pytest.fixture
def service() -> DiagnosticsService:
    made = DiagnosticsService()
    made.register_handler("Log", Echo())
    return made


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (errno.EACCES, PermissionRefused, "listening on 127.0.0.1:1 refused: Permission denied"),
        (errno.EADDRINUSE, Unavailable, "127.0.0.1:1 is unavailable: another process listens there already"),
        (errno.EADDRNOTAVAIL, Unavailable, "127.0.0.1:1 is unavailable: Cannot assign requested address"),
    ],
)
def test_each_refusal_is_told(number: int, kind: type[Exception], text: str) -> None:
    error = listen_error(address_to_listen("127.0.0.1:1"), OSError(number, os.strerror(number)))
    assert (type(error), str(error)) == (kind, text)


async def test_ipv6_loopback(service: DiagnosticsService) -> None:
    async with DiagnosticsServer([service], "[::1]:0") as server, DiagnosticsClient(server.address) as client:
        assert server.address.startswith("[::1]:")
        await client.logs()


async def test_a_name_that_means_loopback(service: DiagnosticsService) -> None:
    async with DiagnosticsServer([service], "localhost:0") as server, DiagnosticsClient(server.address) as client:
        await client.logs()


async def test_an_address_is_listened_at_though_no_thread_is_free(service: DiagnosticsService) -> None:
    free, loop = threading.Event(), asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    waiting = loop.run_in_executor(None, free.wait)
    try:
        async with DiagnosticsServer([service]) as server:
            assert server.address.startswith("127.0.0.1:")
    finally:
        free.set()
        await waiting


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


async def test_what_answers_anyone_says_so_at_each_start(caplog: pytest.LogCaptureFixture) -> None:
    server = DiagnosticsServer([], insecure=True)
    for starts in (1, 2):
        await server.start()
        await server.aclose()
        warned = [record for record in caplog.records if "answers anyone who reaches it" in record.message]
        assert [record.levelname for record in warned] == ["WARNING"] * starts


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
    with pytest.raises(ConfigError, match="something else than a socket, which is not replaced"):
        await DiagnosticsServer([service], f"unix:{path}").start()
    assert path.read_text() == "data"
    with pytest.raises(Unavailable, match="No such file"):
        await DiagnosticsServer([service], f"unix:{tmp_path}/missing/agent.sock").start()
