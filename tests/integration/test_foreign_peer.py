"""A client and a server that share nothing with us but the .proto files: grpcio and google.protobuf."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpclib.health.v1 import health_pb2
from grpclib.reflection.v1 import reflection_pb2
from grpclib.reflection.v1alpha import reflection_pb2 as reflection_alpha_pb2

from corvo_agent.agent.server import DiagnosticsServer, client_ssl, server_ssl
from corvo_agent.client import DiagnosticsClient
from corvo_agent.diagnostics.introspection import introspection
from corvo_agent.diagnostics.payloads import LOGS, decode_logs
from corvo_agent.diagnostics.query import Payload
from corvo_agent.diagnostics.service import DiagnosticsService, ServiceLimits
from corvo_agent.errors import DeadlineExceeded, PermissionRefused, RemoteError, ResourceExhausted, Unavailable
from tests.certificates import Authority
from tests.diagnostics.kit import Echo, Gate, until

PROTOS = Path(__file__).resolve().parents[2] / "protos"
DEBUG = "/protos.Diagnostics/Debug"
DEBUG_STREAM = "/protos.Diagnostics/DebugStream"
MIB = 1 << 20
OPTIONS = [("grpc.max_receive_message_length", 64 * MIB), ("grpc.max_send_message_length", 64 * MIB)]

pytestmark = pytest.mark.integration


class Messages:
    """google.protobuf's classes by message name, made from our .proto files."""

    def __init__(self, folder: Path) -> None:
        target = folder / "descriptors.binpb"
        sources = [str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto")]
        command = ["-m", "grpc_tools.protoc", f"-I{PROTOS}", f"--descriptor_set_out={target}", "--include_imports"]
        subprocess.run([sys.executable, *command, *sources], check=True)
        self._pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes()).file:
            self._pool.Add(file)

    def __getitem__(self, name: str) -> Any:
        return message_factory.GetMessageClass(self._pool.FindMessageTypeByName(name))

    def request(self, query: str, /, **parameters: str) -> Any:
        """A DiagnosticsRequest."""
        return self["diagnostics.DiagnosticsRequest"](Query=query, Parameters=parameters)

    def response(self, message: Any) -> Any:
        """A DiagnosticsResponse that holds ``message``."""
        made = self["diagnostics.DiagnosticsResponse"]()
        made.Object.Object.Pack(message)
        return made

    def unpacked(self, response: Any) -> Any:
        """The message in a DiagnosticsResponse."""
        packed = response.Object.Object
        made = self[packed.TypeName()]()
        assert packed.Unpack(made)
        return made


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Messages:
    return Messages(tmp_path_factory.mktemp("protos"))


# Their client, our server


class Stub:
    """The methods of our service on a channel of grpcio."""

    def __init__(self, channel: grpc.aio.Channel, messages: Messages) -> None:
        codec = {
            "request_serializer": lambda message: message.SerializeToString(),
            "response_deserializer": messages["diagnostics.DiagnosticsResponse"].FromString,
        }
        self.debug = channel.unary_unary(DEBUG, **codec)
        self.stream = channel.unary_stream(DEBUG_STREAM, **codec)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def service(gate: Gate) -> DiagnosticsService:
    made = DiagnosticsService(limits=ServiceLimits(queries=2, request_bytes=MIB))
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


async def failure(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), caught.value.details() or ""


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
            code, _ = await failure(Stub(channel, messages).debug(messages.request("log"), timeout=10))
            assert code is grpc.StatusCode.UNAVAILABLE


# Our client, their server


class Server:
    """Diagnostics as somebody else writes it: answers as the query says."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self.seen: list[Any] = []
        self.cancelled = asyncio.Event()

    def handlers(self) -> grpc.GenericRpcHandler:
        codec = {
            "request_deserializer": self._messages["diagnostics.DiagnosticsRequest"].FromString,
            "response_serializer": lambda message: message.SerializeToString(),
        }
        methods = {
            "Debug": grpc.unary_unary_rpc_method_handler(self._debug, **codec),
            "DebugStream": grpc.unary_stream_rpc_method_handler(self._stream, **codec),
        }
        return grpc.method_handlers_generic_handler("protos.Diagnostics", methods)

    async def _debug(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        self.seen.append(request)
        if request.Query == "fail":
            await context.abort(grpc.StatusCode.UNKNOWN, "unknown query: fail é")
        if request.Query == "hang":
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.set()
        if request.Query == "Stats":
            return self._messages.response(self._messages["protos.Stats"](Stats={"a": '{"b": 1}', "c": "not json"}))
        if request.Query == "Profile":
            size = int(dict(request.Parameters).get("seconds", "1")) * MIB
            return self._messages.response(self._messages["protos.Profile"](Buffer=b"x" * size))
        if request.Query == "Action":
            return self._action(request)
        return self._messages.response(self._logs(dict(request.Parameters)))

    def _action(self, request: Any) -> Any:
        if request.Parameters["action"] == "nothing":
            return self._messages["diagnostics.DiagnosticsResponse"]()
        if request.Parameters["action"] == "port":
            return self._messages.response(self._messages["diagnostics.ServicePort"](Name="p"))
        return self._messages.response(self._messages["protos.String"](Content='"quoted"'))

    async def _stream(self, request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        try:
            for number in range(int(request.Parameters["count"])):
                yield self._messages.response(self._logs({"number": str(number)}))
            if request.Query == "forever":
                await asyncio.Event().wait()
        finally:
            self.cancelled.set()

    def _logs(self, record: dict[str, str]) -> Any:
        made = self._messages["protos.Logs"]()
        made.Logs.add().Log.update(record)
        return made


@asynccontextmanager
async def foreign(server: Server, credentials: grpc.ServerCredentials | None = None) -> AsyncIterator[str]:
    """The address of ``server`` while it serves."""
    made = grpc.aio.server(options=OPTIONS)
    made.add_generic_rpc_handlers((server.handlers(),))
    if credentials is None:
        port = made.add_insecure_port("127.0.0.1:0")
    else:
        port = made.add_secure_port("127.0.0.1:0", credentials)
    await made.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await made.stop(None)


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
    with pytest.raises(DeadlineExceeded, match=r"no answer within 0.3 s"):
        await client.debug("hang", timeout=0.3)
    await theirs.cancelled.wait()
    theirs.cancelled.clear()
    call = asyncio.create_task(client.debug("hang"))
    await until(lambda: len(theirs.seen) == 2)
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


# gRPC's own services, asked by gRPC's own client


# In a process of its own: grpcio's and grpclib's reflection messages have the same names and cannot meet in one.
DESCRIBE = """
import json, sys
import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

with grpc.insecure_channel(sys.argv[1]) as channel:
    database = ProtoReflectionDescriptorDatabase(channel)
    pool = DescriptorPool(database)
    methods = pool.FindServiceByName("protos.Diagnostics").methods
    answer = pool.FindMessageTypeByName("diagnostics.DiagnosticsResponse")
    print(json.dumps({
        "services": list(database.get_services()),
        "methods": [f"{each.name}({each.input_type.full_name}) {each.output_type.full_name}" for each in methods],
        "answer": [field.message_type.full_name for field in answer.fields],
        "health": [each.name for each in pool.FindServiceByName("grpc.health.v1.Health").methods],
    }))
"""


async def test_a_reflection_client_lists_and_describes_the_service(service: DiagnosticsService) -> None:
    async with DiagnosticsServer([service, *introspection(service)]) as server:
        client = await asyncio.create_subprocess_exec(
            sys.executable, "-c", DESCRIBE, server.address, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await client.communicate()
    description = json.loads(output)
    assert sorted(description.pop("services")) == ["grpc.health.v1.Health", "protos.Diagnostics"]
    assert description == {
        "methods": [
            "Debug(diagnostics.DiagnosticsRequest) diagnostics.DiagnosticsResponse",
            "DebugStream(diagnostics.DiagnosticsRequest) diagnostics.DiagnosticsResponse",
        ],
        "answer": ["api.Any"],
        "health": ["Check", "Watch"],
    }


@pytest.mark.parametrize("module", [reflection_pb2, reflection_alpha_pb2], ids=["v1", "v1alpha"])
async def test_both_versions_of_reflection_answer(service: DiagnosticsService, module: Any) -> None:
    requests = [
        module.ServerReflectionRequest(file_containing_symbol="protos.Diagnostics"),
        module.ServerReflectionRequest(file_by_filename="nothing.proto"),
        module.ServerReflectionRequest(all_extension_numbers_of_type="protos.Logs"),
        module.ServerReflectionRequest(all_extension_numbers_of_type="no.Such"),
    ]
    name = module.DESCRIPTOR.package
    async with (
        DiagnosticsServer([service, *introspection(service)]) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        info = channel.stream_stream(
            f"/{name}.ServerReflection/ServerReflectionInfo",
            request_serializer=module.ServerReflectionRequest.SerializeToString,
            response_deserializer=module.ServerReflectionResponse.FromString,
        )
        kinds = [response.WhichOneof("message_response") async for response in info(iter(requests))]
    assert kinds == [
        "file_descriptor_response",
        "error_response",
        "all_extension_numbers_response",
        "error_response",
    ]


async def test_health_follows_the_service(service: DiagnosticsService) -> None:
    async with (
        DiagnosticsServer([service, *introspection(service)]) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        codec = {
            "request_serializer": health_pb2.HealthCheckRequest.SerializeToString,
            "response_deserializer": health_pb2.HealthCheckResponse.FromString,
        }
        check = channel.unary_unary("/grpc.health.v1.Health/Check", **codec)
        watch = channel.unary_stream("/grpc.health.v1.Health/Watch", **codec)
        serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING

        async def status(name: str) -> int:
            return (await check(health_pb2.HealthCheckRequest(service=name))).status

        watching = watch(health_pb2.HealthCheckRequest(service="protos.Diagnostics"))
        assert (await watching.read()).status == serving
        assert [await status(""), await status("protos.Diagnostics")] == [serving, serving]
        assert (await failure(check(health_pb2.HealthCheckRequest(service="no.Such"))))[0] is grpc.StatusCode.NOT_FOUND
        await service.aclose()
        assert (await watching.read()).status == not_serving
        assert [await status(""), await status("protos.Diagnostics")] == [not_serving, not_serving]
        watching.cancel()
