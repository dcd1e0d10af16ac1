"""What bench_gateway measures and what it measures it against, each in a process of its own.

``python -m benchmarks.gateway_servers agents ETCD COUNT`` serves agents, each announced. ``... bare`` is an aiohttp
server without anything of ours: it answers ``GET /bytes`` with what was PUT there, and writes to everybody at
``GET /watch`` what is POSTed there. Both print one line when they serve and end with their input.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore

LINES = 300
_RECORD = {
    "caller": "svc_diagnostics_endpoints.go:488",
    "duration": "52.865us",
    "level": "audit",
    "method": "AutoWatchModule",
    "module": "pen-spyglass",
    "msg": "a line of a usual length, as services write them",
    "pid": "7",
    "result": "Success",
    "service": "DiagnosticsV1",
    "source": "/var/log/pen-spyglass.log",
    "ts": "2026-05-10T16:26:07.675716955Z",
    "user": "admin",
}


def name_of(number: int) -> str:
    """What the Module of that number is called."""
    return f"node{number:05}-pen-npm"


class Lines:
    """Log lines that are encoded for each query, as an agent does after reading them."""

    async def start(self) -> None:
        """Nothing to get ready."""

    async def stop(self) -> None:
        """Nothing to release."""

    async def handle(self, query: DebugQuery) -> Payload:
        """As many records as were asked for."""
        return logs_payload([_RECORD] * int(query.parameters.get("lines", LINES)))


async def serve_agents(etcd: str, count: int) -> None:
    """``count`` agents; the line names the address of each."""
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(EtcdStore(EtcdOptions((etcd,))))
        addresses = []
        for number in range(count):
            service = await stack.enter_async_context(DiagnosticsService())
            service.register_handler("Log", Lines())
            server = await stack.enter_async_context(DiagnosticsServer([service]))
            addresses.append(server.address)
            await store.put(endpoint_key(name_of(number)), encode_endpoint(Endpoint(server.address)))
        await _serve_until_told(*addresses)


class Bare:
    """The shortest broadcast that aiohttp allows."""

    def __init__(self) -> None:
        self._bytes = b""
        self._watchers: list[web.StreamResponse] = []

    async def put(self, request: web.Request) -> web.Response:
        """PUT /bytes."""
        self._bytes = await request.read()
        return web.Response()

    async def get(self, request: web.Request) -> web.Response:
        """GET /bytes."""
        return web.Response(body=self._bytes, content_type="application/json")

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """GET /watch."""
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        self._watchers.append(response)
        await asyncio.Event().wait()
        return response

    async def post(self, request: web.Request) -> web.Response:
        """POST /watch."""
        body = await request.read()
        for response in self._watchers:
            await response.write(body)
        return web.Response()


async def serve_bare() -> None:
    """One Bare; the line is its URL."""
    bare = Bare()
    application = web.Application(client_max_size=1 << 30)
    application.add_routes(
        [
            web.put("/bytes", bare.put),
            web.get("/bytes", bare.get),
            web.get("/watch", bare.watch),
            web.post("/watch", bare.post),
        ]
    )
    runner = web.AppRunner(application, handler_cancellation=True, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    await _serve_until_told(f"http://{host}:{port}")
    await runner.cleanup()


async def _serve_until_told(*words: str) -> None:
    print(*words, flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextlib.asynccontextmanager
async def child(*arguments: str) -> AsyncIterator[tuple[list[str], int]]:
    """This file as a process of that role; yields the words of its line and its pid."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.gateway_servers", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 20)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().split(), process.pid
    finally:
        process.stdin.close()
        await process.wait()


@contextlib.asynccontextmanager
async def gateway_program(etcd: str, modules: int) -> AsyncIterator[tuple[str, int]]:
    """``corvo gateway`` as people run it, once it knows every Module; its URL and its pid."""
    command = (sys.executable, "-m", "corvo_agent", "gateway", "--etcd", etcd, "--listen", "127.0.0.1:0")
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        while b"serving" not in (line := await process.stderr.readline()):
            assert line, "the gateway ended"
        url = line.decode().split()[-1]
        known = 0
        async with aiohttp.ClientSession() as session:
            while known < modules:
                async with session.get(f"{url}/readyz") as response:
                    known = (await response.json())["modules"]
        yield url, process.pid
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        # Its pipe is read to the end, so that it never waits for us.
        await process.communicate()


if __name__ == "__main__":
    if sys.argv[1] == "agents":
        asyncio.run(serve_agents(sys.argv[2], int(sys.argv[3])))
    else:
        asyncio.run(serve_bare())
