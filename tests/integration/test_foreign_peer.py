"""A client and a server that share nothing with us but the .proto files: grpcio and google.protobuf."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import grpc
import grpc.aio
import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.introspection.services import introspection
from corvo_agent.diagnostics.messages.payloads import LOGS, decode_logs
from corvo_agent.diagnostics.query import Payload
from corvo_agent.diagnostics.server.server import DiagnosticsServer, client_ssl, server_ssl
from corvo_agent.diagnostics.service import DiagnosticsService, ServiceLimits
from corvo_agent.errors import DeadlineExceeded, PermissionRefused, RemoteError, ResourceExhausted, Unavailable
from tests.certificates import Authority
from tests.diagnostics.kit import Echo, Gate, until
from tests.foreign_peer import MIB, OPTIONS, Messages, Server, Stub, failure, foreign

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Messages:
    return Messages(tmp_path_factory.mktemp("protos"))


# Their client, our server


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def service(gate: Gate) -> DiagnosticsService:
    made = DiagnosticsService(limits=ServiceLimits(queries=2, place_timeout=0.0, request_bytes=MIB))
    made.register_handler("Log", Echo())
    made.register_handler("Gate", gate)
    return made


@pytest.fixture
async def stub(service: DiagnosticsService, messages: Messages) -> AsyncIterator[Stub]:
    async with (
        service,
        DiagnosticsServer([service, *introspection(service)]) as server,
        grpc.aio.insecure_channel(server.address, OPTIONS) as channel,
    ):
        yield Stub(channel, messages)


async def test_their_client_asks_and_understands(stub: Stub, messages: Messages) -> None:
    answer = messages.unpacked(await stub.debug(messages.request("log", lines="300", x="é")))
    assert [dict(log.Log) for log in answer.Logs] == [{"lines": "300", "x": "é"}]


async def test_their_client_understands_our_errors(stub: Stub, messages: Messages) -> None:
    assert await failure(stub.debug(messages.request("é"))) == (grpc.StatusCode.INVALID_ARGUMENT, "unknown query: é")
    assert await failure(stub.debug(messages.request("log", x="x" * MIB))) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        f"bytes of a message: at most {MIB}, got {MIB + 16}",
    )
    assert messages.unpacked(await stub.debug(messages.request("log"))) is not None


async def test_their_client_compresses_and_is_told_not_to(service: DiagnosticsService, messages: Messages) -> None:
    async with (
        DiagnosticsServer([service]) as server,
        grpc.aio.insecure_channel(server.address, compression=grpc.Compression.Gzip) as channel,
    ):
        code, _ = await failure(Stub(channel, messages).debug(messages.request("log", x="x" * 10_000)))
        assert code is grpc.StatusCode.UNIMPLEMENTED


async def test_their_clients_deadline_reaches_the_handler(stub: Stub, messages: Messages, gate: Gate) -> None:
    # It may pass before a crowded machine has come to the handler.
    while gate.entered.locked():
        code, _ = await failure(stub.debug(messages.request("gate"), timeout=0.3))
        assert code is grpc.StatusCode.DEADLINE_EXCEEDED
    await gate.cancelled.acquire()


async def test_their_client_cancels(stub: Stub, messages: Messages, gate: Gate, service: DiagnosticsService) -> None:
    call = stub.debug(messages.request("gate"))
    waiting = asyncio.ensure_future(call)
    await gate.entered.acquire()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await gate.cancelled.acquire()
    await until(lambda: "0/2 queries" in repr(service))


async def test_their_clients_queries_are_bounded(stub: Stub, messages: Messages, gate: Gate) -> None:
    calls = [asyncio.ensure_future(stub.debug(messages.request("gate"))) for _ in range(2)]
    for _ in calls:
        await gate.entered.acquire()
    assert await failure(stub.debug(messages.request("log"))) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "queries at once: at most 2",
    )
    gate.open.set()
    for call in calls:
        assert messages.unpacked(await call).Content == "through"


async def test_their_client_follows_and_leaves(stub: Stub, messages: Messages, gate: Gate) -> None:
    numbers = [
        messages.unpacked(response).Logs[0].Log["number"]
        async for response in stub.stream(messages.request("log", count="500"))
    ]
    assert numbers == [str(number) for number in range(500)]
    call = stub.stream(messages.request("gate"))
    assert messages.unpacked(await call.read()).Content == "first"
    await gate.entered.acquire()
    call.cancel()
    await gate.cancelled.acquire()


async def test_a_large_answer_reaches_their_client(service: DiagnosticsService, messages: Messages) -> None:
    service.register_action("long", lambda parameters: "x" * int(parameters["n"]))
    async with (
        DiagnosticsServer([service]) as server,
        grpc.aio.insecure_channel(server.address, OPTIONS) as channel,
    ):
        stub = Stub(channel, messages)
        answer = await stub.debug(messages.request("action", action="long", n=str(20 * MIB)))
        assert len(messages.unpacked(answer).Content) == 20 * MIB
        code, text = await failure(stub.debug(messages.request("action", action="long", n=str(50 * MIB))))
        assert (code, text[:37]) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "bytes of an answer (ask for less): at")


async def test_their_client_with_mutual_tls(service: DiagnosticsService, messages: Messages, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own, mine = authority.issue("localhost"), authority.issue("client")
    ssl = server_ssl(own.cert, own.key, authority.path)
    async with DiagnosticsServer([service], ssl=ssl) as server:
        target = server.address.replace("127.0.0.1", "localhost")
        good = grpc.ssl_channel_credentials(authority.path.read_bytes(), mine.key.read_bytes(), mine.cert.read_bytes())
        async with grpc.aio.secure_channel(target, good) as channel:
            await Stub(channel, messages).debug(messages.request("log"))
        anonymous = grpc.ssl_channel_credentials(authority.path.read_bytes())
        async with grpc.aio.secure_channel(target, anonymous) as channel:
            code, _ = await failure(Stub(channel, messages).debug(messages.request("log"), timeout=60))
            assert code is grpc.StatusCode.UNAVAILABLE


# Our client, their server


@pytest.fixture
async def theirs(messages: Messages) -> Server:
    return Server(messages)


@pytest.fixture
async def client(theirs: Server) -> AsyncIterator[DiagnosticsClient]:
    async with foreign(theirs) as address, DiagnosticsClient(address) as made:
        yield made


async def test_their_server_understands_our_client(client: DiagnosticsClient, theirs: Server) -> None:
    await client.debug("lOg", {"a": "é"}, name="m1", service_port="p")
    (request,) = theirs.seen
    seen = (request.Query, dict(request.Parameters), request.O.Name, request.ServicePort.Name)
    assert seen == ("lOg", {"a": "é"}, "m1", "p")


async def test_our_client_understands_their_answers(client: DiagnosticsClient, messages: Messages) -> None:
    assert await client.logs(lines=300, max_results=5) == [{"lines": "300", "max-results": "5"}]
    assert await client.stats() == {"a": {"b": 1}, "c": "not json"}
    assert await client.profile("heap", seconds=20) == b"x" * (20 * MIB)
    assert await client.action("greet") == '"quoted"'
    assert await client.action("nothing") == ""
    port = messages["diagnostics.ServicePort"](Name="p").SerializeToString()
    assert await client.action("port") == Payload("type.googleapis.com/diagnostics.ServicePort", port)


async def test_our_client_understands_their_errors(client: DiagnosticsClient) -> None:
    with pytest.raises(RemoteError) as caught:
        await client.debug("fail")
    assert (caught.value.code, caught.value.message) == ("UNKNOWN", "unknown query: fail é")
    with pytest.raises(ResourceExhausted, match="bytes of a message: at most 52428800, got"):
        await client.profile("heap", seconds=51)
    assert await client.logs() == [{}]


async def test_our_clients_deadline_and_cancellation_reach_them(client: DiagnosticsClient, theirs: Server) -> None:
    # Connected from now on: a deadline that passes before that is another error.
    await client.stats()
    theirs.seen.clear()
    # It may pass before a crowded machine has come to the handler.
    while not theirs.seen:
        with pytest.raises(DeadlineExceeded, match=r"no answer within 0.3 s"):
            await client.debug("hang", timeout=0.3)
    await theirs.cancelled.wait()
    theirs.cancelled.clear()
    seen = len(theirs.seen)
    call = asyncio.create_task(client.debug("hang"))
    await until(lambda: len(theirs.seen) > seen)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await theirs.cancelled.wait()


async def test_our_client_follows_and_leaves(client: DiagnosticsClient, theirs: Server) -> None:
    answers = [decode_logs(payload.value) async for payload in client.stream("log", {"count": "500"})]
    assert answers == [[{"number": str(number)}] for number in range(500)]
    theirs.cancelled.clear()
    async with aclosing(client.stream("forever", {"count": "1"})) as stream:
        assert (await anext(stream)).type_url == LOGS
    await theirs.cancelled.wait()


async def test_our_client_with_mutual_tls(theirs: Server, tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    own, mine = authority.issue("agent.example"), authority.issue("client")
    credentials = grpc.ssl_server_credentials(
        [(own.key.read_bytes(), own.cert.read_bytes())], authority.path.read_bytes(), require_client_auth=True
    )
    name = "agent.example"
    async with foreign(theirs, credentials) as address:
        ssl = client_ssl(authority.path, mine.cert, mine.key)
        async with DiagnosticsClient(address, ssl=ssl, server_hostname=name) as client:
            assert await client.logs() == [{}]
        async with DiagnosticsClient(address, ssl=client_ssl(stranger.path), server_hostname=name) as client:
            with pytest.raises(PermissionRefused, match="certificate"):
                await client.logs()
        async with DiagnosticsClient(address, ssl=client_ssl(authority.path), server_hostname=name) as client:
            with pytest.raises(Unavailable):
                await client.logs()
