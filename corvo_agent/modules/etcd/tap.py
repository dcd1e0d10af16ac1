"""Between a connection and aiohttp: gives the chunks of a body in the turn of the loop in which they come.

aiohttp wakes a task when something has come, which takes a turn more, and goes through two dozen functions for each
chunk. After a long silence none of them is in the processor's caches: a third of the way from there to a callback.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp


class Tap(asyncio.Protocol):
    """Stands before ``protocol``, aiohttp's, and calls ``came`` with the size of what it was given; 0 at the end.

    While that stands between two chunks, which a line that ends with its chunk tells, bytes that are one whole chunk
    are offered to ``take`` before. When that returns True, ``protocol`` never hears of them.
    """

    def __init__(
        self, protocol: asyncio.Protocol, take: Callable[[bytes], bool], came: Callable[[int], None], *, chunked: bool
    ) -> None:
        self._protocol = protocol
        self._take = take
        self._came = came
        self._chunked = chunked
        self._between_chunks = False

    def data_received(self, data: bytes) -> None:
        """Offer a chunk, or pass bytes on."""
        if self._between_chunks and (body := whole_chunk(data)) and self._take(body):
            return
        self._protocol.data_received(data)
        self._between_chunks = self._chunked and data.endswith(b"}\n\r\n")
        self._came(len(data))

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on, and tell of it."""
        self._protocol.connection_lost(exc)
        self._came(0)

    def pause_writing(self) -> None:
        """Pass it on."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._protocol.resume_writing()


def tap(response: aiohttp.ClientResponse, take: Callable[[bytes], bool], came: Callable[[int], None]) -> None:
    """Put a ``Tap`` into the connection of ``response`` until that has ended. Its body is JSON, an object a line."""
    connection = response.connection
    transport = None if connection is None else connection.transport
    if transport is None:
        # All of it is here already.
        return
    headers, protocol = response.headers, transport.get_protocol()
    chunked = headers.get("Transfer-Encoding") == "chunked" and "Content-Encoding" not in headers
    transport.set_protocol(Tap(protocol, take, came, chunked=chunked))  # type: ignore[arg-type]
    response.content.on_eof(lambda: transport.set_protocol(protocol))


def whole_chunk(data: bytes) -> bytes:
    """What the one chunk holds that ``data`` is (RFC 9112, 7.1); empty for the last one and for everything else."""
    size, _, rest = data.partition(b"\r\n")
    return rest[:-2] if rest.endswith(b"\r\n") and size == b"%x" % (len(rest) - 2) else b""
