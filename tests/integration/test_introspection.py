"""gRPC's own services beside ours, asked by gRPC's own clients."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import grpc
import grpc.aio
import pytest
from grpclib.health.v1 import health_pb2
from grpclib.reflection.v1 import reflection_pb2
from grpclib.reflection.v1alpha import reflection_pb2 as reflection_alpha_pb2

from corvo_agent.agent.server import DiagnosticsServer
from corvo_agent.diagnostics.introspection import introspection
from corvo_agent.diagnostics.service import DiagnosticsService
from tests.foreign_peer import failure

pytestmark = pytest.mark.integration

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


@pytest.fixture
def service() -> DiagnosticsService:
    return DiagnosticsService()


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
