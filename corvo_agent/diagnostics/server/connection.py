"""One HTTP/2 connection to our server, with the bounds that grpclib leaves open.

grpclib keeps a connection that never sends anything, and serves one that opens and resets streams as fast as it can
(CVE-2023-44487). Here a connection is closed when it says nothing after connecting, when it is idle for long, and
when it resets streams or sends frames without content at a rate that no honest client has. Frames of a type that is
not known, which grpclib takes for a fault, are ignored (RFC 9113 section 4.1).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from grpclib.config import Configuration
from grpclib.protocol import AbstractHandler, H2Protocol
from h2.config import H2Configuration
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    PingAckReceived,
    PingReceived,
    PriorityUpdated,
    RemoteSettingsChanged,
    RequestReceived,
    SettingsAcknowledged,
    StreamReset,
    UnknownFrameReceived,
    WindowUpdated,
)

from ...access.callers import Callers, Connected
from ...errors import ResourceExhausted
from ..closed_streams import remember_few_streams
from ..limits import REQUEST_BYTES

# HTTP/2 events are made for a whole piece before any is looked at: a request may take 15 bytes of it, and 100 us.
_PIECE = 256
# Seconds of work for one connection in one turn of the loop: it may be that of a host with other things to do.
_STRETCH = 0.001
# Bytes that the system takes in for a connection (it doubles them), of which the rest waits here for its turn.
_RECEIVED = 32 << 10
# How RST_STREAM begins: the length of its payload, its type and no flags (RFC 9113 section 6.4).
_RESET = b"\0\0\4\3\0"
# WINDOW_UPDATE frames that a DATA frame of ours may be answered with: one for the stream, one for the connection, and
# as much again for peers that take a frame in halves.
_UPDATES_OF_DATA = 4
# Frames that an honest peer sends now and then.
_CONTROL = (
    PingReceived,
    PingAckReceived,
    RemoteSettingsChanged,
    SettingsAcknowledged,
    PriorityUpdated,
    UnknownFrameReceived,
)


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What a DiagnosticsServer allows; times are seconds, sizes are bytes.

    ``connections`` at once (one more pushes out the one that is idle for longest, or is refused when none is; fewer
    where the process may not open twice as many files); ``idle_timeout`` without a call; ``hello_timeout`` for the
    first bytes and for the TLS handshake; ``resets`` of streams by the peer and ``control_frames`` (with empty DATA,
    and WINDOW_UPDATE beyond what our own DATA calls for) per second of one connection, with bursts of ten times that;
    ``request_bytes`` and ``request_fields`` of one message; ``received_bytes`` of messages in memory at once;
    ``drain_timeout`` for calls under way at a stop, and ``stop_timeout`` for their end after they were cancelled;
    ``ping_interval`` after which a silent peer is asked.
    """

    connections: int = 256
    idle_timeout: float = 300.0
    hello_timeout: float = 10.0
    resets: int = 50
    control_frames: int = 200
    request_bytes: int = REQUEST_BYTES
    request_fields: int = 100_000
    received_bytes: int = 4 * REQUEST_BYTES
    drain_timeout: float = 2.0
    stop_timeout: float = 2.0
    ping_interval: float = 30.0


class Rate:
    """Counts events; ``allow`` says no once more than ten seconds' worth came faster than ``per_second``."""

    __slots__ = ("_burst", "_left", "_per_second", "_when")

    def __init__(self, per_second: int, now: float) -> None:
        self._per_second = per_second
        self._burst = self._left = 10.0 * per_second
        self._when = now

    def allow(self, now: float) -> bool:
        """One event more at ``now`` (seconds of a clock that never goes back)."""
        self._left = min(self._burst, self._left + (now - self._when) * self._per_second) - 1
        self._when = now
        return self._left >= 0


class Connections:
    """The open connections of one server."""

    def __init__(self) -> None:
        self._open: set[GuardedConnection] = set()
        self.refused = 0

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: GuardedConnection) -> None:
        """It is open."""
        self._open.add(connection)

    def make_room(self) -> bool:
        """Close the one that is idle for longest; False when all are busy."""
        idle = min((each for each in self._open if not each.busy), key=lambda each: each.active_at, default=None)
        if idle is None:
            return False
        idle.close(ErrorCodes.NO_ERROR)
        return True

    def remove(self, connection: GuardedConnection) -> None:
        """It is closed."""
        self._open.discard(connection)

    def close(self, *, idle_only: bool = False) -> None:
        """Close all of them, or those without a call."""
        for connection in tuple(self._open):
            if not (idle_only and connection.busy):
                connection.close(ErrorCodes.NO_ERROR)


class GuardedConnection(H2Protocol):
    """grpclib's server side of one connection, plus its bounds."""

    def __init__(
        self,
        handler: AbstractHandler,
        config: Configuration,
        h2_config: H2Configuration,
        limits: ServerLimits,
        connections: Connections,
        callers: Callers,
    ) -> None:
        super().__init__(handler, config, h2_config)
        self._limits = limits
        self._callers = callers
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._greeted = False
        # What was received and not taken in yet; when there is some, the transport reads no more.
        self._left = memoryview(b"")
        self._next_turn: asyncio.Handle | None = None
        # WINDOW_UPDATE frames that the DATA sent so far may still be answered with.
        self._updates_due = 0
        # When the last call came or was seen to be under way.
        self.active_at = self._loop.time()

    @property
    def busy(self) -> bool:
        """Whether a call is under way on it."""
        return bool(self.processor.streams)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start its timer; part of asyncio's Protocol."""
        self._transport = cast("asyncio.Transport", transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED)
        self._connections.add(self)
        super().connection_made(transport)
        remember_few_streams(self.connection)
        # While it is there: the owner of a connection is not known any more when its other end is closed.
        connection: Any = self.connection
        connection.corvo_caller = caller = self._callers.connected(transport)
        if isinstance(caller, ResourceExhausted):
            # Whose it is cannot be found out now; the next one may have better luck.
            self._loop.call_soon(self.close, ErrorCodes.ENHANCE_YOUR_CALM)
        resets = Rate(self._limits.resets, self._loop.time())
        control = Rate(self._limits.control_frames, self._loop.time())
        self.processor.processors[UnknownFrameReceived] = _ignore
        self._observe(lambda _: self._count(resets), StreamReset)
        self._observe(lambda _: self._count(control), *_CONTROL)
        self._observe(lambda event: self._count_update(control), WindowUpdated)
        self._observe(lambda event: self._count_data(control, event), DataReceived)
        self._observe(lambda _: self._touch(), RequestReceived)
        self._expect_updates()
        self._count_answers(control)
        self._timer = self._loop.call_later(self._limits.hello_timeout, self._expect_hello)

    def data_received(self, data: bytes) -> None:
        """Feed grpclib in small pieces, many of them in several turns of the loop; part of asyncio's Protocol."""
        self._greeted = True
        self._left = memoryview(bytes(self._left) + data)
        if self._next_turn is None:
            self._take()

    def _take(self) -> None:
        until = self._loop.time() + _STRETCH
        while len(self._left) and not self._closed:
            piece, self._left = bytes(self._left[:_PIECE]), self._left[_PIECE:]
            super().data_received(piece)
            if len(self._left) and self._loop.time() >= until:
                self._transport.pause_reading()
                self._next_turn = self._loop.call_soon(self._go_on)
                return

    def _go_on(self) -> None:
        self._next_turn = None
        try:
            self._take()
        except BaseException:
            # What asyncio does where this is raised by data_received.
            self._transport.abort()
            raise
        if self._next_turn is None and not self._closed:
            self._transport.resume_reading()

    def connection_lost(self, error: BaseException | None) -> None:
        """Forget it; part of asyncio's Protocol."""
        self._forget()
        super().connection_lost(error)
        # What was put on it refers to it: who connects and leaves in large numbers would have the garbage collector run
        # in the loop, for as long as that takes in a large process.
        connection: Any = self.connection
        del connection.feed, connection.data_send_process

    def close(self, code: ErrorCodes) -> None:
        """Tell the peer why (GOAWAY), end its calls and close."""
        if self._closed:
            return
        self._forget()
        self.connection._connection.close_connection(code)
        self.connection.flush()
        self.processor.close(reason=f"closed by the server: {code.name}")

    def _forget(self) -> None:
        self._closed = True
        self._left = memoryview(b"")
        if self._next_turn is not None:
            self._next_turn.cancel()
        self._connections.remove(self)
        if self._timer is not None:
            self._timer.cancel()

    def _observe(self, observer: Callable[[Any], None], *kinds: type[Event]) -> None:
        def observed(process: Callable[[Event], None], event: Event) -> None:
            process(event)
            observer(event)

        processors: dict[type[Event], Any] = self.processor.processors
        for kind in kinds:
            processors[kind] = partial(observed, processors[kind])

    def _count(self, rate: Rate) -> None:
        if not rate.allow(self._loop.time()):
            self.close(ErrorCodes.ENHANCE_YOUR_CALM)

    def _count_update(self, rate: Rate) -> None:
        if self._updates_due:
            self._updates_due -= 1
        else:
            self._count(rate)

    def _count_data(self, rate: Rate, event: DataReceived) -> None:
        # An empty one that ends its stream is how many clients end a request.
        if not event.data and event.stream_ended is None:
            self._count(rate)

    def _expect_updates(self) -> None:
        """See each DATA frame that grpclib sends."""
        connection: Any = self.connection
        sent = connection.data_send_process

        def data_send_process() -> None:
            self._updates_due += _UPDATES_OF_DATA
            sent()

        connection.data_send_process = data_send_process

    def _count_answers(self, rate: Rate) -> None:
        """See what h2 says of its own to frames that it tells nothing of: those for streams that are over."""
        connection: Any = self.connection
        feed = connection.feed

        def counted(data: bytes) -> list[Event]:
            events: list[Event] = feed(data)
            answer = connection._connection.data_to_send()
            if answer:
                self._transport.write(answer)
            for _ in range(answer.count(_RESET)):
                self._count(rate)
            # A connection that was closed meanwhile has nothing to process them with.
            return [] if self._closed else events

        connection.feed = counted

    def _touch(self) -> None:
        self.active_at = self._loop.time()

    def _expect_hello(self) -> None:
        if self._greeted:
            self._expect_calls()
        else:
            self.close(ErrorCodes.SETTINGS_TIMEOUT)

    def _expect_calls(self) -> None:
        if self.busy:
            self._touch()
        left = self.active_at + self._limits.idle_timeout - self._loop.time()
        if left <= 0:
            self.close(ErrorCodes.NO_ERROR)
        else:
            self._timer = self._loop.call_later(left, self._expect_calls)


def caller_of_connection(stream: Any) -> Connected:
    """What the connection told of its caller on which grpclib's ``stream`` came."""
    connected: Connected = stream._stream.connection.corvo_caller
    return connected


def _ignore(_: Event) -> None:
    """Nothing is to be done."""
