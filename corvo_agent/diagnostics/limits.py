"""Bounds on gRPC messages, checked before they are buffered: grpclib itself has none.

A message is a flag byte, its length in four bytes and that many bytes. The length is looked at first; what is too
long is refused then, and the stream is reset, so that the peer's bytes are dropped as they come and the connection
stays usable. This file and ``calls`` know grpclib's streams from inside (``_stream``, ``_wrapper``); no other does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import Any

import grpclib.client
import grpclib.protocol
import grpclib.server
from grpclib.exceptions import ProtocolError

from ..errors import DecodeError, RemoteError, ResourceExhausted, Unsupported

REQUEST_BYTES = 4 << 20
RESPONSE_BYTES = 50 << 20
_PREFIX = 5
# Read in pieces: a peer that sends a byte a frame costs a few hundred bytes of bookkeeping for each byte, until
# the piece is joined.
_PIECE = 16 << 10
_SEND_AT_ONCE = 256 << 10


class ByteBudget:
    """How many bytes of incoming messages may be in memory at once, over all streams that share it."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    @contextlib.contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        """Hold ``size`` bytes; ResourceExhausted when they are not to be had."""
        if self.used + size > self.limit:
            raise ResourceExhausted("bytes of messages being received", self.limit, self.used + size)
        self.used += size
        try:
            yield
        finally:
            self.used -= size

    @contextlib.asynccontextmanager
    async def room(self, size: int) -> AsyncGenerator[None]:
        """The same around what is awaited."""
        with self.reserve(size):
            yield


#: What an incoming message of so many bytes holds while it is received.
Room = Callable[[int], contextlib.AbstractAsyncContextManager[None]]


async def receive(stream: grpclib.server.Stream[Any, Any], limit: int, budget: ByteBudget) -> bytes | None:
    """The bytes of the next message of a call to us, None when there is none.

    Raises ResourceExhausted for one longer than ``limit`` bytes or one more than ``budget`` allows, Unsupported
    for a compressed one, DecodeError for one that ends early. May be cancelled at any time.
    """
    return await _read(stream._stream, limit, budget.room)


async def receive_reply(stream: grpclib.client.Stream[Any, Any], limit: int, room: Room) -> Any:
    """The next message of an answer, None at its end; raises as ``receive``, ``room`` and grpclib's own do.

    RemoteError when the peer says that all is well, and sends no message where one was due.
    """
    if stream.initial_metadata is None:
        await stream.recv_initial_metadata()
    with stream._wrapper:
        data = await _read(stream._stream, limit, room)
    if data is not None:
        return stream._codec.decode(data, stream._recv_type)
    if not stream._cardinality.server_streaming:
        # Most often there is a status instead, which this raises.
        await stream.recv_trailing_metadata()
        raise RemoteError("the peer", "INTERNAL", "the answer holds no message")
    return None


async def send(
    stream: grpclib.server.Stream[Any, Any], pieces: Sequence[bytes], taken: Callable[[], None] | None = None
) -> None:
    """Answer with the message that ``pieces`` are, a large one bit by bit; between these the loop is free for others.

    ``taken`` is called as bits of a large one are taken.

    grpclib copies and frames a whole message in one go: 60 ms for 45 MB, during which the host's loop stands still.
    """
    if not stream._send_initial_metadata_done:
        await stream.send_initial_metadata()
    if stream._send_message_done and not stream._cardinality.server_streaming:
        raise ProtocolError("Message was already sent")
    length = sum(map(len, pieces))
    prefix = b"\0" + length.to_bytes(4, "big")
    if length <= _SEND_AT_ONCE:
        await stream._stream.send_data(b"".join((prefix, *pieces)))
    else:
        await stream._stream.send_data(prefix)
        for piece in pieces:
            for start in range(0, len(piece), _SEND_AT_ONCE):
                await stream._stream.send_data(piece[start : start + _SEND_AT_ONCE])
                if taken is not None:
                    taken()
                await asyncio.sleep(0)
    stream._send_message_done = True


async def _read(stream: grpclib.protocol.Stream, limit: int, room: Room) -> bytes | None:
    prefix = await _exactly(stream, _PREFIX)
    if not prefix:
        return None
    length = int.from_bytes(prefix[1:], "big")
    if prefix[0]:
        raise Unsupported("a compressed message", "send it without compression")
    if length > limit:
        raise ResourceExhausted("bytes of a message", limit, length)
    async with room(length):
        pieces = bytearray()
        while len(pieces) < length:
            piece = await _exactly(stream, min(_PIECE, length - len(pieces)))
            if not piece:
                raise DecodeError("message", f"it ends after {len(pieces)} of {length} bytes")
            pieces += piece
        return bytes(pieces)


async def _exactly(stream: grpclib.protocol.Stream, size: int) -> bytes:
    try:
        return await stream.recv_data(size)
    except AssertionError as error:  # grpclib's way to say that the stream ended before
        raise DecodeError("message", "the stream ends in the middle of it") from error
