"""gRPC's own services beside ours, asked by gRPC's own clients."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpclib.const import Handler

from corvo_agent.diagnostics.introspection.reflection import Servable
from corvo_agent.diagnostics.introspection.services import introspection
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from tests.diagnostics.test_limits import Upload
from tests.foreign_peer import failure

pytestmark = pytest.mark.integration

Request = reflection_pb2.ServerReflectionRequest

# An agent that is asked for its health and its description, and a host that uses gRPC's own packages for both.
OURS = """
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.introspection.reflection import Servable
from corvo_agent.diagnostics.introspection.services import introspection
from corvo_agent.diagnostics.service import DiagnosticsService
from grpclib.client import Channel, UnaryUnaryMethod, StreamStreamMethod
from tests.raw_message import RawMessage
import asyncio

async def ask():
    service = DiagnosticsService.with_defaults("m", "n")
    async with DiagnosticsServer([service, *introspection(service)]) as server:
        host, port = server.address.split(":")
        async with Channel(host, int(port)) as channel:
            check = UnaryUnaryMethod(channel, "/grpc.health.v1.Health/Check", RawMessage, RawMessage)
            assert (await check(RawMessage(b""))).value == b"\\x08\\x01"
            for version in ("v1", "v1alpha"):
                path = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
                (answer,) = await StreamStreamMethod(channel, path, RawMessage, RawMessage)([RawMessage(b"\\x3a\\x00")])
                assert b"protos.Diagnostics" in answer.value

asyncio.run(ask())
"""
THEIRS = """
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2
assert health_pb2.HealthCheckRequest(service="x").SerializeToString() == b"\\x0a\\x01x"
assert reflection_pb2.ServerReflectionRequest(list_services="x").SerializeToString() == b"\\x3a\\x01x"
"""
WITHOUT = "import sys; sys.modules['google.protobuf'] = None\n"


@pytest.mark.parametrize(
    "script", [OURS + THEIRS, THEIRS + OURS, WITHOUT + OURS], ids=["ours first", "theirs first", "no google.protobuf"]
)
async def test_the_hosts_own_imports_work_before_and_after(script: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=PIPE, stderr=PIPE)
    _, errors = await process.communicate()
    assert (process.returncode, errors.decode()) == (0, "")


@pytest.fixture
def service() -> DiagnosticsService:
    return DiagnosticsService()


class Described:
    """A service of the host's whose description google.protobuf has."""

    def __mapping__(self) -> dict[str, Handler]:
        handlers = Upload().__mapping__()
        return {"/grpc.reflection.v1alpha.ServerReflection/Other": next(iter(handlers.values()))}


@pytest.fixture
async def address(service: DiagnosticsService) -> AsyncIterator[str]:
    others: list[Servable] = [Upload(), Described()]
    async with DiagnosticsServer([service, *others, *introspection(service, others)]) as server:
        yield server.address


@pytest.fixture
async def channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(address) as made:
        yield made


async def ask(channel: grpc.aio.Channel, version: str, *requests: Request) -> list[Any]:
    info = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=Request.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    return [response async for response in info(iter(requests))]


def describe(address: str) -> dict[str, object]:
    with grpc.insecure_channel(address) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = DescriptorPool(database)
        methods = pool.FindServiceByName("protos.Diagnostics").methods
        answer = pool.FindMessageTypeByName("diagnostics.DiagnosticsResponse")
        return {
            "services": list(database.get_services()),
            "methods": [f"{each.name}({each.input_type.full_name}) {each.output_type.full_name}" for each in methods],
            "answer": [field.message_type.full_name for field in answer.fields if field.message_type],
            "health": [each.name for each in pool.FindServiceByName("grpc.health.v1.Health").methods],
            "host": [each.name for each in pool.FindServiceByName("grpc.reflection.v1alpha.ServerReflection").methods],
        }


async def test_a_reflection_client_lists_and_describes_the_services(address: str) -> None:
    assert await asyncio.to_thread(describe, address) == {
        "services": [
            "protos.Diagnostics",
            "grpc.health.v1.Health",
            "other.Upload",
            "grpc.reflection.v1alpha.ServerReflection",
        ],
        "methods": [
            "Debug(diagnostics.DiagnosticsRequest) diagnostics.DiagnosticsResponse",
            "DebugStream(diagnostics.DiagnosticsRequest) diagnostics.DiagnosticsResponse",
        ],
        "answer": ["api.Any"],
        "health": ["Check", "Watch"],
        "host": ["ServerReflectionInfo"],
    }


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_each_question_in_both_versions(channel: grpc.aio.Channel, version: str) -> None:
    extension = reflection_pb2.ExtensionRequest(containing_type="protos.Logs", extension_number=1)
    requests = [
        Request(host="h", file_containing_symbol="protos.Diagnostics"),
        Request(file_by_filename="protos/diagnostics.proto"),
        Request(file_by_filename="nothing.proto"),
        Request(file_containing_symbol="other.Upload"),
        Request(all_extension_numbers_of_type="protos.Logs"),
        Request(all_extension_numbers_of_type="no.Such"),
        Request(file_containing_extension=extension),
        Request(host="h"),
    ]
    answers = await ask(channel, version, *requests)
    assert [answer.WhichOneof("message_response") for answer in answers] == [
        "file_descriptor_response",
        "file_descriptor_response",
        "error_response",
        "error_response",
        "all_extension_numbers_response",
        "error_response",
        "error_response",
        "error_response",
    ]
    assert [answer.error_response.error_code for answer in answers] == [0, 0, 5, 5, 0, 5, 5, 3]
    assert [answer.original_request for answer in answers] == requests
    assert [answer.valid_host for answer in answers] == ["h", *[""] * 6, "h"]
    assert answers[4].all_extension_numbers_response.base_type_name == "protos.Logs"
    files = answers[0].file_descriptor_response.file_descriptor_proto
    assert len(files) == 6
    assert files == answers[1].file_descriptor_response.file_descriptor_proto


async def test_health_follows_the_service(service: DiagnosticsService, channel: grpc.aio.Channel) -> None:
    codec: dict[str, Any] = {
        "request_serializer": health_pb2.HealthCheckRequest.SerializeToString,
        "response_deserializer": health_pb2.HealthCheckResponse.FromString,
    }
    check = channel.unary_unary("/grpc.health.v1.Health/Check", **codec)
    watch = channel.unary_stream("/grpc.health.v1.Health/Watch", **codec)
    serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING

    async def status(name: str) -> Any:
        return (await check(health_pb2.HealthCheckRequest(service=name))).status

    async def next_status(call: Any) -> Any:
        return (await call.read()).status

    watching = watch(health_pb2.HealthCheckRequest(service="protos.Diagnostics"))
    unknown = watch(health_pb2.HealthCheckRequest(service="no.Such"))
    assert await next_status(watching) == serving
    assert await next_status(unknown) == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    assert [await status(""), await status("protos.Diagnostics")] == [serving, serving]
    assert (await failure(check(health_pb2.HealthCheckRequest(service="no.Such"))))[0] is grpc.StatusCode.NOT_FOUND
    await service.aclose()
    assert await next_status(watching) == not_serving
    assert [await status(""), await status("protos.Diagnostics")] == [not_serving, not_serving]
    await service.start()
    assert await next_status(watching) == serving
    watching.cancel()
    unknown.cancel()
