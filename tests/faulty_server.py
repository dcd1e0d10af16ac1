"""Servers that misbehave, for clients to be tested against: a proxy that loses answers, and one with canned bytes."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit


class Mode(enum.Enum):
    """What the proxy does to a connection with the next request that arrives on it."""

    PASS = enum.auto()
    LOSE_ANSWER = enum.auto()
    """Let the server answer, then drop the connection instead of passing the answer on."""
    SWALLOW = enum.auto()
    """Pass nothing on and say nothing."""


class _Server:
    """A listener on a free loopback port whose connections end with it."""

    def __init__(self) -> None:
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def endpoint(self) -> str:
        """Its URL."""
        assert self._server is not None
        return "http://127.0.0.1:{1}".format(*self._server.sockets[0].getsockname())

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._accepted(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Not in the task: one that is cancelled before it has begun never gets to its end.
        task.add_done_callback(lambda _: writer.close())

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self.serve(reader, writer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        raise NotImplementedError


class FaultyProxy(_Server):
    """Passes bytes to ``target``, as ``mode`` says when they arrive."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self.mode = Mode.PASS
        self.requests = 0
        self.requested = asyncio.Event()
        self._target = urlsplit(target)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both directions, until one of them ends."""
        upstream, to_upstream = await asyncio.open_connection(self._target.hostname, self._target.port)
        back = asyncio.create_task(self._back(upstream, writer))
        try:
            while data := await reader.read(65536):
                self.requests += 1
                self.requested.set()
                if self.mode is not Mode.SWALLOW:
                    to_upstream.write(data)
        finally:
            to_upstream.close()
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            with contextlib.suppress(OSError):
                await to_upstream.wait_closed()

    async def _back(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await upstream.read(65536):
            if self.mode is Mode.LOSE_ANSWER:
                break
            writer.write(data)
            await writer.drain()
        writer.close()


def answer(body: bytes, status: str = "200 OK") -> bytes:
    """An HTTP answer with a length."""
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def endless(body: bytes) -> bytes:
    """An HTTP answer that goes on after ``body``."""
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(body), body)


#: Makes an answer of path and body; None ends the connection.
Reply = Callable[[str, bytes], bytes | None]


class CannedServer(_Server):
    """Answers each request with what ``reply`` makes of it. With further replies it is a load balancer: each connection
    leads to the next of them, and all later ones to the last.
    """

    def __init__(self, reply: Reply, *later: Reply) -> None:
        super().__init__()
        self._replies = [reply, *later]
        #: The header fields of the request that is being answered, in small letters.
        self.fields: dict[bytes, bytes] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Request after request."""
        answer_to = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        while head := await reader.readuntil(b"\r\n\r\n"):
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
            body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
            self.fields = fields
            reply = answer_to(head.split(b" ")[1].decode(), body)
            if reply is None:
                return
            writer.write(reply)
            await writer.drain()


class AbruptServer(_Server):
    """Breaks each connection off at the first word of its client, such as that of a TLS handshake."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear one word."""
        await reader.read(1)
        writer.transport.abort()
