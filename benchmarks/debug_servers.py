"""The servers that bench_debug compares, each run alone: ``python -m benchmarks.debug_servers KIND FILE``.

All use grpclib, so that what differs is what is measured: ``ours`` (LogHandler, our codec, all bounds), ``protobuf``
(the same answer built from google.protobuf messages by the shortest code that does it: the tail read in one block,
orjson, C-core messages), ``echo`` (the request's bytes come back), ``answer`` (the bytes in FILE come back).
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpclib.const import Cardinality, Handler
from grpclib.server import Server

from benchmarks.raw_codec import RawCodec
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService

if TYPE_CHECKING:
    from grpclib._typing import IServable

DEBUG = "/protos.Diagnostics/Debug"
_TAIL = 1 << 20


def google_class(name: str) -> Any:
    """google.protobuf's class of the message ``name``."""
    data = resources.files("corvo_agent._generated").joinpath("descriptors.binpb").read_bytes()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


class ProtobufDiagnostics:
    """The Log query with google.protobuf messages."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._request = google_class("diagnostics.DiagnosticsRequest")
        self._response = google_class("diagnostics.DiagnosticsResponse")
        self._logs = google_class("protos.Logs")

    def __mapping__(self) -> dict[str, Handler]:
        """The one method."""
        return {DEBUG: Handler(self.debug, Cardinality.UNARY_UNARY, self._request, self._response)}

    async def debug(self, stream: Any) -> None:
        """Read, build, pack, send."""
        request = await stream.recv_message()
        logs = self._logs()
        for line in self._lines(int(request.Parameters["lines"])):
            log = logs.Logs.add().Log
            record = orjson.loads(line)
            for key, value in record.items():
                log[key] = value
            log["source"] = self._path
            log["@timestamp"] = record["ts"][:23] + "Z"
        response = self._response()
        response.Object.Object.Pack(logs)
        await stream.send_message(response)

    def _lines(self, count: int) -> list[bytes]:
        with open(self._path, "rb") as file:
            file.seek(-_TAIL, os.SEEK_END)
            return file.read().splitlines()[-count:]


class Bare:
    """grpclib and nothing else: answers with the request's own bytes, or with ``answer`` when it is given."""

    def __init__(self, answer: bytes | None = None) -> None:
        self._answer = answer

    @classmethod
    def of_file(cls, path: Path) -> Bare:
        """The one whose answer ``path`` holds."""
        return cls(path.read_bytes())

    def __mapping__(self) -> dict[str, Handler]:
        """The one method."""
        return {DEBUG: Handler(self.debug, Cardinality.UNARY_UNARY, bytes, bytes)}

    async def debug(self, stream: Any) -> None:
        """Receive, send."""
        request = await stream.recv_message()
        await stream.send_message(self._answer or request)


@asynccontextmanager
async def running(kind: str, path: Path) -> AsyncIterator[tuple[str, int]]:
    """Address and process id of the server ``kind`` for the file ``path``, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.debug_servers", kind, str(path)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip(), process.pid
    finally:
        process.stdin.close()
        await process.wait()


async def serve(kind: str, path: str) -> None:
    """Serve until the parent closes our standard input; the first line printed is the address."""
    if kind == "ours":
        service = DiagnosticsService.with_defaults("pen-demo", "node1", log_file=path)
        async with service, DiagnosticsServer([service]) as own:
            await _until_told(own.address)
        return
    others: dict[str, Callable[[str], IServable]] = {
        "protobuf": ProtobufDiagnostics,
        "echo": lambda _: Bare(),
        "answer": lambda file: Bare.of_file(Path(file)),
    }
    # google.protobuf's messages come and go by grpclib's own codec.
    server = Server([others[kind](path)], codec=None if kind == "protobuf" else RawCodec())
    # With the protocol named: for any other socket grpclib would leave Nagle's algorithm on.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    await server.start(sock=listening)
    port = listening.getsockname()[1]
    try:
        await _until_told(f"127.0.0.1:{port}")
    finally:
        server.close()


async def _until_told(address: str) -> None:
    print(address, flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:3]))
