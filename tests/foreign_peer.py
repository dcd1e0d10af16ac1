"""A server and a client made of grpcio and google.protobuf, from the .proto files and nothing of ours."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTOS = Path(__file__).resolve().parents[1] / "protos"
DEBUG = "/protos.Diagnostics/Debug"
DEBUG_STREAM = "/protos.Diagnostics/DebugStream"
MIB = 1 << 20
OPTIONS = [("grpc.max_receive_message_length", 64 * MIB), ("grpc.max_send_message_length", 64 * MIB)]


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


class Stub:
    """The methods of our service on a channel of grpcio."""

    def __init__(self, channel: grpc.aio.Channel, messages: Messages) -> None:
        codec = {
            "request_serializer": lambda message: message.SerializeToString(),
            "response_deserializer": messages["diagnostics.DiagnosticsResponse"].FromString,
        }
        self.debug = channel.unary_unary(DEBUG, **codec)
        self.stream = channel.unary_stream(DEBUG_STREAM, **codec)


async def failure(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), caught.value.details() or ""


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

    async def _debug(self, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
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

    async def _stream(self, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
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
