"""A gRPC client that does what no well-behaved one does: HTTP/2 by hand, frame by frame."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote

import h2.config
import h2.connection
import h2.events


class Peer:
    """One connection. ``h2`` is its protocol state; call ``flush`` after using it directly."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.headers: dict[int, dict[str, str]] = defaultdict(dict)
        self.data: dict[int, bytes] = defaultdict(bytes)
        self.ended: set[int] = set()
        self.terminated: h2.events.ConnectionTerminated | None = None
        self.closed = False
        self.pinged = False
        #: Whether it opens the window again for what it received.
        self.takes = True

    async def flush(self) -> None:
        """Send what ``h2`` has to send."""
        self._writer.write(self.h2.data_to_send())
        await self._writer.drain()

    async def send_raw(self, data: bytes) -> None:
        """Send ``data`` as it is, without ``h2`` knowing of it."""
        self._writer.write(data)
        await self._writer.drain()

    async def request(self, path: str = "/protos.Diagnostics/Debug", *, end: bool = False) -> int:
        """Open a stream for a call of ``path``; its number."""
        stream = self.open(path, end=end)
        await self.flush()
        return stream

    def open(self, path: str = "/protos.Diagnostics/Debug", *, end: bool = False) -> int:
        """As ``request``, without sending yet."""
        stream: int = self.h2.get_next_available_stream_id()
        headers = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "peer", "te": "trailers"}
        self.h2.send_headers(stream, [*headers.items(), ("content-type", "application/grpc")], end_stream=end)
        return stream

    async def send(self, stream: int, data: bytes, *, end: bool = False) -> None:
        """Send ``data`` as the windows allow, until the server ends the stream."""
        while data and stream not in self.ended:
            size = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(data))
            if size <= 0:
                await self.receive()
                continue
            self.h2.send_data(stream, data[:size], end_stream=end and size == len(data))
            data = data[size:]
            await self.flush()

    async def answer(self, stream: int) -> tuple[str, str]:
        """Status and message that the call ends with."""
        while stream not in self.ended and not self.closed:
            await self.receive()
        headers = self.headers[stream]
        return headers.get("grpc-status", "none"), unquote(headers.get("grpc-message", ""))

    async def until_closed(self) -> None:
        """Read until the server closes the connection."""
        while not self.closed:
            await self.receive()

    async def receive(self) -> None:
        """Take in what comes next."""
        try:
            data = await self._reader.read(65536)
        except ConnectionError:
            data = b""
        if not data:
            self.closed = True
            return
        for event in self.h2.receive_data(data):
            self._note(event)
        await self.flush()

    def _note(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
            self.headers[event.stream_id].update((str(_text(k)), str(_text(v))) for k, v in event.headers)
        elif isinstance(event, h2.events.DataReceived):
            self.data[event.stream_id] += event.data
            if self.takes:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded | h2.events.StreamReset):
            self.ended.add(event.stream_id)
        elif isinstance(event, h2.events.PingAckReceived):
            self.pinged = True
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.terminated = event


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def framed(message: bytes, *, flag: int = 0, length: int | None = None) -> bytes:
    """``message`` with gRPC's prefix, which may lie about ``length``."""
    return bytes([flag]) + (len(message) if length is None else length).to_bytes(4, "big") + message


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Peer]:
    """A peer connected to ``address``, greeting sent."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    peer = Peer(reader, writer)
    peer.h2.initiate_connection()
    await peer.flush()
    try:
        yield peer
    finally:
        writer.close()
        try:
            await writer.wait_closed()
        except ConnectionError:
            pass
