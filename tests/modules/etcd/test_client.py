"""One attempt at one server, on real sockets: whatever the server does, there is an answer or a failure in time."""

from __future__ import annotations

import asyncio
import socket
import threading
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corvo_agent.errors import (
    ConfigError,
    CorvoError,
    DeadlineExceeded,
    DecodeError,
    RemoteError,
    ResourceExhausted,
    Unavailable,
)
from corvo_agent.modules.etcd.client import EtcdClient, _new_socket
from corvo_agent.modules.etcd.errors import FailedAttempt, Kind
from corvo_agent.modules.etcd.failover import Budget
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.stream import Stream
from tests.faulty_server import AbruptServer, CannedServer, answer, endless
from tests.held import left_behind
from tests.kept_ports import NOBODY_THERE
from tests.modules.etcd_json import NEAR_MISSES

SOON = Budget(30.0, 30.0)
SHORT = Budget(0.2, 0.2)
CREATED = b'{"result":{"created":true}}\n'


@asynccontextmanager
async def client_of(
    reply: Callable[[str, bytes], bytes | None], **options: Any
) -> AsyncIterator[tuple[EtcdClient, str]]:
    async with CannedServer(reply) as server:
        client = EtcdClient(EtcdOptions.from_urls(server.endpoint, **options))
        await client.open()
        try:
            yield client, server.endpoint
        finally:
            await client.close()


async def post(reply: bytes | None, budget: Budget = SOON, **options: Any) -> Any:
    async with client_of(lambda path, body: reply, **options) as (client, endpoint):
        return await client.post(endpoint, "/kv/range", b"{}", {}, budget)


async def watch(reply: bytes | None, budget: Budget = SOON, **options: Any) -> Any:
    """The failure to open a watch, or what it gave until its end, and its end."""
    async with client_of(lambda path, body: reply, **options) as (client, endpoint):
        opened = await client.watch(endpoint, b"{}", {}, 1, budget)
        if isinstance(opened, FailedAttempt):
            assert client.streams == 0
            return opened
        assert client.streams == 1
        messages: list[bytes] = []
        try:
            while True:
                messages += await opened.receive()
        except CorvoError as error:
            return messages, error
        finally:
            opened.close()
            opened.close()
            assert client.streams == 0


def failure(outcome: Any, kind: Kind, error: type[CorvoError]) -> CorvoError:
    assert isinstance(outcome, FailedAttempt)
    assert (outcome.kind, type(outcome.error)) == (kind, error)
    return outcome.error


async def test_a_request_goes_to_the_v3_path_with_its_bytes_and_headers() -> None:
    seen = []

    def reply(path: str, body: bytes) -> bytes:
        seen.append((path, body))
        return answer(b'{"a":1}')

    headers = {"authorization": "token"}
    async with client_of(reply) as (client, endpoint):
        assert await client.post(endpoint, "/kv/range", b'{"key":"AA=="}', headers, SOON) == {"a": 1}
        large = b'"%s"' % (b"x" * 3_000_000)
        assert await client.post(endpoint, "/kv/put", large, headers, SOON) == {"a": 1}
    assert seen == [("/v3/kv/range", b'{"key":"AA=="}'), ("/v3/kv/put", large)]
    assert headers == {"authorization": "token"}


async def test_nobody_there() -> None:
    endpoint = f"http://{NOBODY_THERE}"
    client = EtcdClient(EtcdOptions.from_urls(endpoint))
    await client.open()
    try:
        for outcome in (
            await client.post(endpoint, "/kv/range", b"{}", {}, SOON),
            await client.watch(endpoint, b"{}", {}, 1, SOON),
        ):
            error = failure(outcome, Kind.UNREACHABLE, Unavailable)
            assert str(error) == f"{endpoint} is unavailable: Connection refused"
    finally:
        await client.close()


async def test_a_name_that_does_not_exist() -> None:
    endpoint = "http://no-such-host.invalid:1"
    client = EtcdClient(EtcdOptions.from_urls(endpoint))
    await client.open()
    try:
        failure(await client.post(endpoint, "/kv/range", b"{}", {}, SOON), Kind.UNREACHABLE, Unavailable)
    finally:
        await client.close()


async def test_no_attempt_before_opening_and_after_closing() -> None:
    endpoint = "http://127.0.0.1:1"
    client = EtcdClient(EtcdOptions.from_urls(endpoint))
    for _ in range(2):
        failure(await client.post(endpoint, "/kv/range", b"{}", {}, SOON), Kind.UNREACHABLE, Unavailable)
        failure(await client.watch(endpoint, b"{}", {}, 1, SOON), Kind.UNREACHABLE, Unavailable)
        await client.open()
        await client.close()
        await client.close()


@pytest.mark.parametrize(
    ("reply", "kind", "error"),
    [
        (None, Kind.UNKNOWN, Unavailable),
        (b"no http at all\r\n\r\n", Kind.UNKNOWN, Unavailable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n", Kind.UNKNOWN, DeadlineExceeded),
        (answer(b"["), Kind.FINAL, RemoteError),
        (answer(b"[]"), Kind.FINAL, RemoteError),
        (answer(b"hello", "502 Bad Gateway"), Kind.UNKNOWN, Unavailable),
        (answer(b"hello", "302 Found\r\nLocation: http://127.0.0.1:1/"), Kind.FINAL, RemoteError),
        (answer(b'{"error":{"grpc_code":14,"message":"x"}}\n'), Kind.UNKNOWN, Unavailable),
        (answer(b"x" * 1001), Kind.FINAL, ResourceExhausted),
    ],
)
async def test_answers_that_are_none(reply: bytes | None, kind: Kind, error: type[CorvoError]) -> None:
    failure(await post(reply, SHORT if error is DeadlineExceeded else SOON, max_message=1000), kind, error)


async def test_an_answer_that_does_not_come() -> None:
    error = failure(await post(b"", SHORT), Kind.UNKNOWN, DeadlineExceeded)
    assert isinstance(error, DeadlineExceeded)
    assert error.seconds == 0.2


async def test_messages_up_to_the_end_of_a_stream() -> None:
    body = CREATED + b'{"result":{"events":[]}}\n{"error":{"grpc_code":14,"message":"bye"}}'
    messages, error = await watch(answer(body))
    assert messages == body.split(b"\n")[1:]
    assert isinstance(error, Unavailable)
    assert error.reason == "the server ended the stream"


async def test_a_stream_that_is_cut_within_a_message() -> None:
    async with CannedServer(lambda path, body: endless(CREATED + b"{")) as server:
        client = EtcdClient(EtcdOptions.from_urls(server.endpoint))
        await client.open()
        stream = await client.watch(server.endpoint, b"{}", {}, 1, SOON)
        assert isinstance(stream, Stream)
    with pytest.raises(Unavailable):
        await stream.receive()
    stream.close()
    await client.close()


async def test_closing_the_client_wakes_whoever_waits_for_a_stream() -> None:
    async with client_of(lambda path, body: endless(CREATED)) as (client, endpoint):
        stream = await client.watch(endpoint, b"{}", {}, 1, SOON)
        assert isinstance(stream, Stream)
        waiting = asyncio.ensure_future(stream.receive())
        await asyncio.sleep(0)
        await client.close()
        with pytest.raises(Unavailable) as caught:
            await waiting
        assert caught.value.reason == "the watch was closed"
        with pytest.raises(Unavailable):
            await stream.receive()


async def test_a_cancelled_wait_for_a_stream_loses_nothing() -> None:
    async with client_of(lambda path, body: endless(CREATED)) as (client, endpoint):
        stream = await client.watch(endpoint, b"{}", {}, 1, SOON)
        assert isinstance(stream, Stream)
        waiting = asyncio.ensure_future(stream.receive())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert client.streams == 1


@pytest.mark.parametrize(
    ("reply", "kind", "error"),
    [
        (None, Kind.UNKNOWN, Unavailable),
        (b"", Kind.UNKNOWN, DeadlineExceeded),
        (endless(b'{"result":'), Kind.UNKNOWN, DeadlineExceeded),
        (answer(b""), Kind.UNKNOWN, Unavailable),
        (answer(b"[]\n"), Kind.FINAL, RemoteError),
        (answer(b"x" * 1001), Kind.FINAL, ResourceExhausted),
        (answer(b'{"code":14,"message":"etcdserver: no leader"}', "503 X"), Kind.NOT_NOW, Unavailable),
        (answer(b"hello", "404 Not Found"), Kind.FINAL, RemoteError),
    ],
)
async def test_watches_that_do_not_open(reply: bytes | None, kind: Kind, error: type[CorvoError]) -> None:
    failure(await watch(reply, SHORT if error is DeadlineExceeded else SOON, max_message=1000), kind, error)


async def test_a_message_that_is_too_large_ends_the_watch() -> None:
    messages, error = await watch(endless(CREATED + b"[]\n" + b"x" * 1001), max_message=1000)
    assert messages == [b"[]"]
    assert isinstance(error, ResourceExhausted)


async def test_a_cancelled_opening_leaves_no_connection() -> None:
    asked = asyncio.Event()

    def reply(path: str, body: bytes) -> bytes:
        asked.set()
        return endless(b"\n")

    async with client_of(reply) as (client, endpoint):
        opening = asyncio.create_task(client.watch(endpoint, b"{}", {}, 1, SOON))
        await asked.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert client.streams == 0


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.binary(max_size=30) | NEAR_MISSES.map(orjson.dumps), max_size=3).map(b"\n".join))
async def test_whatever_a_server_streams_ends_in_an_error_of_ours(body: bytes) -> None:
    outcome = await watch(answer(CREATED + body))
    messages, error = outcome
    assert isinstance(error, CorvoError)
    assert messages == [line for line in body.split(b"\n") if line and not line.isspace()]


@pytest.mark.parametrize("name", ["ca_file", "cert_file", "key_file"])
@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_certificate_file_of_no_use_is_named(name: str, content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    if content is not None:
        await asyncio.to_thread(path.write_text, content)
    files = {"cert_file": path, "key_file": path} if name != "ca_file" else {"ca_file": path}
    with pytest.raises(ConfigError, match=r"etcd (ca|cert)_file") as caught:
        await EtcdClient(EtcdOptions.from_urls("https://a", **files)).open()
    assert caught.value.value == str(path)


async def test_an_ipv6_address_is_a_place() -> None:
    client = EtcdClient(EtcdOptions.from_urls("http://[::1]:5"))
    await client.open()
    try:
        outcome = await client.post("http://[::1]:5", "/kv/range", b"{}", {}, SOON)
    finally:
        await client.close()
    error = failure(outcome, Kind.UNREACHABLE, Unavailable)
    assert not isinstance(error, DecodeError)


def created_by(member: str) -> bytes:
    return b'{"result":{"header":{"member_id":"%s"},"created":true}}\n' % member.encode()


async def test_it_knows_which_member_its_watches_lead_to() -> None:
    members = iter(("7", "7", "8"))
    async with client_of(lambda path, body: endless(created_by(next(members)))) as (client, endpoint):
        assert not client.leads_to("7")
        for _ in range(2):
            assert isinstance(await client.watch(endpoint, b"{}", {}, 1, SOON), Stream)
            assert client.leads_to("7")
        assert not client.leads_to("8")
        # Behind a load balancer each connection may lead to another one.
        other = await client.watch(endpoint, b"{}", {}, 1, SOON)
        assert isinstance(other, Stream)
        assert not client.leads_to("7")
        other.close()
        assert client.leads_to("7")


async def test_watches_are_dropped_with_the_reason_but_not_those_of_the_endpoint_that_holds() -> None:
    async with client_of(lambda path, body: endless(CREATED)) as (client, endpoint):
        stream = await client.watch(endpoint, b"{}", {}, 1, SOON)
        assert isinstance(stream, Stream)
        client.drop_streams("elsewhere", but=endpoint)
        assert client.streams == 1
        waiting = asyncio.ensure_future(stream.receive())
        await asyncio.sleep(0)
        client.drop_streams("no answer")
        with pytest.raises(Unavailable) as caught:
            await waiting
        assert (caught.value.reason, client.streams) == ("no answer", 0)


def test_a_connection_notices_that_the_other_machine_has_gone() -> None:
    with _new_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))) as made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        for name, value in (("TCP_KEEPIDLE", 3), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 6000)):
            if hasattr(socket, name):
                assert made.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value


def test_a_read_takes_no_more_than_the_c_library_keeps_memory_for() -> None:
    sent = bytes(300 * 1024)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with _new_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", address)) as made:
            made.connect(address)
            peer, _ = server.accept()
            with peer:
                sending = threading.Thread(target=peer.sendall, args=(sent,))
                sending.start()
                parts: list[bytes] = []
                while sum(map(len, parts)) < len(sent):
                    parts.append(made.recv(256 * 1024))
                sending.join()
    assert b"".join(parts) == sent
    assert max(map(len, parts)) <= 64 * 1024


async def test_handshakes_that_fail_leave_nothing_to_the_garbage_collector() -> None:
    async with AbruptServer() as server:
        endpoint = server.endpoint.replace("http:", "https:")
        client = EtcdClient(EtcdOptions.from_urls(endpoint))
        await client.open()
        with left_behind(SSLProtocol) as left:
            for _ in range(5):
                outcome = await client.post(endpoint, "/kv/range", b"{}", {}, SOON)
                assert isinstance(outcome, FailedAttempt)
            assert left() == 0
        await client.close()
