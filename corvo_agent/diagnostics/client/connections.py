"""Client connections whose end can be waited for. grpclib only begins to close them: TLS takes a round trip more."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, cast
from urllib.parse import unquote

from grpclib.client import Channel, Handler, Stream
from grpclib.const import Status
from grpclib.protocol import H2Protocol

from ..closed_streams import remember_few_streams
from ..limits import receive_reply
from ..status import OWN_MODULE, ModuleRefused
from .reply_budget import ReplyBudget, reply_room

# A peer that does not say goodbye in this time (seconds) is left without.
_GOODBYE_TIMEOUT = 0.5


class OpenConnections:
    """The connections of some channels, whose answers are at most ``max_message`` bytes each, within ``replies``."""

    def __init__(self, max_message: int, replies: ReplyBudget | None = None) -> None:
        self._max_message = max_message
        self._replies = replies
        self._open: set[_Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def channel(self, *arguments: Any, **options: Any) -> Channel:
        """A channel of grpclib, made with these arguments, whose connections are among these."""
        return _Channel(self._open, self._max_message, self._replies, *arguments, **options)

    async def closed(self) -> None:
        """Wait until those that are open now, and were told to close, are closed.

        After half a second, or cancelled, they are cut off.
        """
        # Not those that are opened meanwhile.
        closing = tuple(self._open)
        if not closing:
            return
        ended = [connection.ended for connection in closing]
        try:
            await asyncio.wait(ended, timeout=_GOODBYE_TIMEOUT)
        finally:
            for connection in closing:
                connection.cut()
        await asyncio.wait(ended, timeout=_GOODBYE_TIMEOUT)


class _Connection(H2Protocol):
    """One connection, in ``known`` while it is open."""

    def __init__(self, known: set[_Connection], *arguments: Any) -> None:
        super().__init__(*arguments)
        self._known = known
        self._wire: asyncio.Transport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast(asyncio.Transport, transport)
        self._known.add(self)
        super().connection_made(transport)
        remember_few_streams(self.connection)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._known.discard(self)
        self._wire = None
        self.ended.set_result(None)
        super().connection_lost(exc)

    def cut(self) -> None:
        """Close it without another word."""
        if self._wire is not None:
            self._wire.abort()


class _Channel(Channel):
    def __init__(
        self,
        known: set[_Connection],
        max_message: int,
        replies: ReplyBudget | None,
        *arguments: Any,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self._known = known
        self._max_message = max_message
        self._replies = replies

    def request(self, *arguments: Any, **options: Any) -> Any:
        """A call, whose answers are bounded; part of grpclib's Channel."""
        stream: Any = super().request(*arguments, **options)
        # grpclib makes its own class. A method on the instance would be a circle, and its buffers would stay in memory
        # until the garbage collector comes by.
        stream.__class__ = _Stream
        stream.max_message = self._max_message
        stream.replies = self._replies
        return stream

    def _protocol_factory(self) -> H2Protocol:
        return _Connection(self._known, Handler(), self._config, self._h2_config)


class _Stream(Stream[Any, Any]):
    max_message: int
    replies: ReplyBudget | None

    async def recv_message(self) -> Any:
        return await receive_reply(self, self.max_message, partial(reply_room, self.replies))

    def _raise_for_grpc_status(self, status: Status, message: str | None, details: Any) -> None:
        own = dict(self._stream.trailers or self._stream.headers or ()).get(OWN_MODULE)
        if status is Status.FAILED_PRECONDITION and own is not None:
            raise ModuleRefused(status, message, unquote(own))
        super()._raise_for_grpc_status(status, message, details)
