"""Handlers whose every step a test can see, and a service behind grpclib's own server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from grpclib.server import Server

from corvo_agent.diagnostics.messages.payloads import logs_payload, string_payload
from corvo_agent.diagnostics.messages.request_codec import request_of
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.protobuf.codec import encode


class Echo:
    """Answers with the parameters, at once; counts its starts and stops."""

    def __init__(self) -> None:
        self.starts = 0
        self.stops = 0
        self.queries: list[DebugQuery] = []

    async def start(self) -> None:
        self.starts += 1

    async def stop(self) -> None:
        self.stops += 1

    async def handle(self, query: DebugQuery) -> Payload:
        self.queries.append(query)
        return logs_payload([dict(query.parameters)])

    async def stream(self, query: DebugQuery) -> AsyncIterator[Payload]:
        self.queries.append(query)
        for number in range(int(query.parameters.get("count", "3"))):
            yield logs_payload([{"number": str(number)}])


class Gate(Echo):
    """Answers when it is let; tells when a query is in it and when one was cancelled."""

    def __init__(self, *, stubborn: bool = False) -> None:
        super().__init__()
        self.entered = asyncio.Semaphore(0)
        self.cancelled = asyncio.Semaphore(0)
        self.open = asyncio.Event()
        self._stubborn = stubborn

    async def handle(self, query: DebugQuery) -> Payload:
        self.entered.release()
        await self._wait()
        return string_payload("through")

    async def stream(self, query: DebugQuery) -> AsyncIterator[Payload]:
        yield string_payload("first")
        self.entered.release()
        await self._wait()
        yield string_payload("last")

    async def _wait(self) -> None:
        while True:
            try:
                await self.open.wait()
            except asyncio.CancelledError:
                self.cancelled.release()
                if not self._stubborn:
                    raise
            else:
                return


class Failing(Echo):
    """Raises ``error`` where ``where`` says."""

    def __init__(self, error: BaseException, where: str = "handle") -> None:
        super().__init__()
        self._error = error
        self._where = where

    async def start(self) -> None:
        await super().start()
        self._fail("start")

    async def stop(self) -> None:
        await super().stop()
        self._fail("stop")

    async def handle(self, query: DebugQuery) -> Payload:
        self._fail("handle")
        return await super().handle(query)

    async def stream(self, query: DebugQuery) -> AsyncIterator[Payload]:
        self._fail("stream")
        yield string_payload("first")
        self._fail("stream after the first")

    def _fail(self, where: str) -> None:
        if where == self._where:
            raise self._error


class Once:
    """A handler without a stream."""

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def handle(self, query: DebugQuery) -> Payload:
        return string_payload("once")


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until ``condition`` holds; the test's own timeout bounds it."""
    while not condition():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0)


@asynccontextmanager
async def served(*services: Any) -> AsyncIterator[str]:
    """The address of a plain grpclib server with ``services``."""
    server = Server(services)
    await server.start("127.0.0.1", 0)
    assert server._server is not None
    port = server._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.close()
        await server.wait_closed()


def request_bytes(query: str, parameters: dict[str, str] | None = None) -> bytes:
    """The message that asks ``query``."""
    return encode(request_of(DebugQuery(query, parameters or {})))


def split(address: str) -> tuple[str, int]:
    """Host and port of "HOST:PORT"."""
    host, _, port = address.rpartition(":")
    return host, int(port)
