"""Bounds on gRPC messages, checked before they are buffered: grpclib itself has none.

A message is a flag byte, its length in four bytes and that many bytes. The length is looked at first; what is too
long is refused then, and the stream is reset, so that the peer's bytes are dropped as they come and the connection
stays usable. This file knows grpclib's streams from inside (``_stream``, ``_wrapper``); no other does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import grpclib.client
import grpclib.protocol
import grpclib.server
from grpclib.const import Handler

from ..errors import CorvoError, DecodeError, ResourceExhausted, Unsupported
from .status import grpc_error

REQUEST_BYTES = 4 << 20
RESPONSE_BYTES = 50 << 20
_PREFIX = 5
# Read in pieces: a peer that sends a byte a frame costs a few hundred bytes of bookkeeping for each byte, until
# the piece is joined.
_PIECE = 16 << 10
_SEND_AT_ONCE = 256 << 10


class RawMessage:
    """Protobuf bytes that are encoded already, in the form that grpclib's codec takes.

    The message is ``head`` and ``value`` together: an answer of megabytes need not be copied to be wrapped.
    """

    __slots__ = ("head", "value")

    def __init__(self, value: bytes, head: bytes = b"") -> None:
        self.value = value
        self.head = head

    @classmethod
    def FromString(cls, value: bytes) -> RawMessage:  # noqa: N802 - the name that grpclib's codec calls
        """Keep the bytes."""
        return cls(value)

    def SerializeToString(self) -> bytes:  # noqa: N802 - the name that grpclib's codec calls
        """Give the bytes."""
        return self.head + self.value if self.head else self.value


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


async def receive(stream: grpclib.server.Stream[Any, Any], limit: int, budget: ByteBudget) -> bytes | None:
    """The next message of a call to us, None when there is none.

    Raises ResourceExhausted for one longer than ``limit`` bytes or one more than ``budget`` allows, Unsupported
    for a compressed one, DecodeError for one that ends early. May be cancelled at any time.
    """
    return await _read(stream._stream, limit, budget)


async def receive_reply(stream: grpclib.client.Stream[Any, Any], limit: int) -> bytes | None:
    """The next message of an answer, None when there is none; raises as ``receive`` and as grpclib's own does."""
    if stream.initial_metadata is None:
        await stream.recv_initial_metadata()
    with stream._wrapper:
        return await _read(stream._stream, limit, ByteBudget(limit))


async def send(stream: grpclib.server.Stream[Any, RawMessage], message: RawMessage) -> None:
    """Answer with ``message``, a large one in pieces, between which the loop is free for others.

    grpclib copies and frames a whole message in one go: 60 ms for 45 MB, during which the host's loop stands still.
    """
    if len(message.value) <= _SEND_AT_ONCE:
        await stream.send_message(message)
        return
    if not stream._send_initial_metadata_done:
        await stream.send_initial_metadata()
    length = len(message.head) + len(message.value)
    await stream._stream.send_data(b"\0" + length.to_bytes(4, "big") + message.head)
    for start in range(0, len(message.value), _SEND_AT_ONCE):
        await stream._stream.send_data(message.value[start : start + _SEND_AT_ONCE])
        await asyncio.sleep(0)
    stream._send_message_done = True


def bounded(handler: Handler, limit: int, budget: ByteBudget) -> Handler:
    """``handler`` of any service, with ``stream.recv_message`` bounded as ``receive`` is; breaches become statuses."""

    async def function(stream: grpclib.server.Stream[Any, Any]) -> None:
        async def recv_message() -> Any:
            try:
                data = await receive(stream, limit, budget)
            except CorvoError as error:
                raise grpc_error(error) from error
            if data is None:
                return None
            message = stream._codec.decode(data, stream._recv_type)
            (message,) = await stream._dispatch.recv_message(message)
            return message

        # On the instance: iterating over the stream goes through here as well.
        stream.recv_message = recv_message  # type: ignore[method-assign]
        await handler.func(stream)

    return handler._replace(func=function)


async def _read(stream: grpclib.protocol.Stream, limit: int, budget: ByteBudget) -> bytes | None:
    prefix = await _exactly(stream, _PREFIX)
    if not prefix:
        return None
    length = int.from_bytes(prefix[1:], "big")
    if prefix[0]:
        raise Unsupported("a compressed message", "send it without compression")
    if length > limit:
        raise ResourceExhausted("bytes of a message", limit, length)
    with budget.reserve(length):
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
