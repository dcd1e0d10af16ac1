"""One agent's address and the grpclib channels to it: connecting within a bound, leaving a connection gone silent.

Calls go by the stub that betterproto generated for protos.Diagnostics.
"""

from __future__ import annotations

import asyncio
import ssl as _ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from grpclib.client import Channel
from grpclib.config import Configuration

from ..._generated.protos import DiagnosticsStub
from ...addresses import address_to_dial
from ...errors import Unavailable
from ..message_codec import MessageCodec
from .connections import OpenConnections
from .reply_budget import ReplyBudget

# Only streams without a deadline need pings to find out that their peer is gone; they are our own agents', which
# allow them. (gRPC servers in general close a connection that is pinged more often than every five minutes.)
_FOLLOW_PING = 15.0
# Where answers wait for room: a window is what each of them holds meanwhile, and together they must not use up that of
# their connection, or no other call of it would be answered.
_SMALL_WINDOWS = {"http2_stream_window_size": 256 << 10, "http2_connection_window_size": 64 << 20}


class AgentChannel:
    """Calls to the agent at ``address`` ("host:port", "[v6]:port" or "unix:/path").

    ``metadata`` gives what goes along with each call, ``replies`` room for large answers.

    An answer of more than ``max_message`` bytes is refused. A connection on which a call ran into its deadline without
    an answer may be half-open: calls under way keep it, later ones get a new one.
    """

    def __init__(
        self,
        address: str,
        ssl: _ssl.SSLContext | None,
        server_hostname: str | None,
        connect_timeout: float,
        max_message: int,
        metadata: Callable[[], Mapping[str, str]] = dict,
        replies: ReplyBudget | None = None,
    ) -> None:
        self._metadata = metadata
        self._windows: dict[str, Any] = {} if replies is None else _SMALL_WINDOWS
        self.address = address
        self._dialled = address_to_dial(address)
        self._ssl = ssl
        self._server_hostname = server_hostname
        self._connect_timeout = connect_timeout
        self._connections = OpenConnections(max_message, replies)
        self._channels: dict[bool, Channel] = {}
        self._users: dict[Channel, int] = {}

    @property
    def connected(self) -> bool:
        """Whether there is a connection that is not known to be lost."""
        return any(channel._connected for channel in self._channels.values())

    def close(self) -> None:
        """Close every connection; calls under way end with StreamTerminatedError."""
        for channel in {*self._channels.values(), *self._users}:
            channel.close()
        self._channels.clear()

    async def aclose(self) -> None:
        """As ``close``, and wait until they are closed: half a second at most, then they are cut off."""
        self.close()
        await self._connections.closed()

    @asynccontextmanager
    async def stub(self, seconds: float | None) -> AsyncIterator[DiagnosticsStub]:
        """betterproto's stub for one call of ``seconds``, None for one without a deadline; it ends with the block.

        Raises what grpclib and the operating system raise, Unavailable for no connection.
        """
        channel = self._channel(pings=seconds is None)
        self._users[channel] = self._users.get(channel, 0) + 1
        stub = _Stub(channel, timeout=seconds, metadata=self._metadata())
        try:
            await self._connect(channel, seconds)
            try:
                yield stub
            finally:
                await stub.aclose()
        except TimeoutError:
            self._leave(channel)
            raise
        finally:
            self._users[channel] -= 1
            if not self._users[channel]:
                del self._users[channel]
                if channel not in self._channels.values():
                    channel.close()

    def _channel(self, *, pings: bool) -> Channel:
        channel = self._channels.get(pings)
        if channel is None:
            config = Configuration(
                _keepalive_time=_FOLLOW_PING if pings else None,
                _http2_max_pings_without_data=0,
                _http2_min_sent_ping_interval_without_data=_FOLLOW_PING,
                ssl_target_name_override=self._server_hostname,
                **self._windows,
            )
            dialled = self._dialled
            host, port = (None, None) if dialled.path else (dialled.host, dialled.port)
            channel = self._connections.channel(
                host, port, path=dialled.path or None, ssl=self._ssl, codec=MessageCodec(), config=config
            )
            self._channels[pings] = channel
        return channel

    def _leave(self, channel: Channel) -> None:
        self._channels = {pings: kept for pings, kept in self._channels.items() if kept is not channel}

    async def _connect(self, channel: Channel, seconds: float | None) -> None:
        # A bound of its own: a call without a deadline must not wait for ever for an address that swallows packets.
        limit = self._connect_timeout if seconds is None else min(self._connect_timeout, seconds)
        try:
            async with asyncio.timeout(limit):
                await channel.__connect__()
        except TimeoutError:
            raise Unavailable(self.address, f"no connection within {limit:g} s") from None


class _Stub(DiagnosticsStub):
    """The generated stub, whose streams end when it is closed: left alone, they end when they are collected."""

    def __init__(self, channel: Channel, *, timeout: float | None, metadata: Mapping[str, str]) -> None:
        super().__init__(channel, timeout=timeout, metadata=metadata)
        self._streams: list[AsyncGenerator[Any, None]] = []

    def _unary_stream(self, *arguments: Any, **options: Any) -> AsyncGenerator[Any, None]:
        stream = cast("AsyncGenerator[Any, None]", super()._unary_stream(*arguments, **options))
        self._streams.append(stream)
        return stream

    async def aclose(self) -> None:
        for stream in self._streams:
            await stream.aclose()
