"""Calls to us within bounds: messages of bounded size taken and given in time, errors of ours told as statuses.

grpclib bounds neither. The bounds are put around the methods of a service, so they hold in any grpclib server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field
from traceback import clear_frames
from typing import Any
from urllib.parse import quote

from betterproto.grpc.grpclib_server import ServiceBase
from grpclib.const import Handler
from grpclib.exceptions import GRPCError
from grpclib.server import Stream
from h2.errors import ErrorCodes

from ..errors import CorvoError, DeadlineExceeded, DecodeError, InvalidArgument, WrongModule
from ..protobuf.codec import MAX_FIELDS
from .limits import ByteBudget, receive, send
from .message_codec import MessageCodec
from .status import OWN_MODULE, grpc_error

_call: ContextVar[Call | None] = ContextVar("corvo_call", default=None)


@dataclass(slots=True)
class Call:
    """The call that the running code answers.

    ``resources`` are held until its answer is sent; ``taken`` is called as its caller takes a large one.
    """

    stream: Stream[Any, Any]
    resources: ExitStack
    task: asyncio.Task[Any]
    taken: Callable[[], None] | None = None

    @property
    def connection(self) -> int:
        """What tells its connection from others that are open now."""
        return id(self.stream._stream.connection)

    def cut(self) -> None:
        """End it now, although its caller has not taken its answer: grpclib resets no stream that is cancelled."""
        if self.stream._stream.closable:
            self.stream._stream.reset_nowait(ErrorCodes.ENHANCE_YOUR_CALM)
        self.task.cancel()


def current_call() -> Call | None:
    """The call that is being answered, None outside of one; tasks begun in it have the same."""
    return _call.get()


def metadata(stream: Stream[Any, Any], key: str) -> str:
    """What the caller sent along as ``key``, "" when it sent no such text."""
    value = stream.metadata.get(key, "") if stream.metadata else ""
    return value if isinstance(value, str) else ""


def address_of_peer(stream: Stream[Any, Any]) -> str:
    """The IP address that a call comes from, "unix" for a socket of this machine."""
    address = stream.peer.addr()
    return str(address[0]) if isinstance(address, tuple) and address else "unix"


def seconds_left() -> float | None:
    """How long the caller still waits, None when it did not say and outside of a call."""
    call = _call.get()
    return call.stream.deadline.time_remaining() if call and call.stream.deadline else None


@dataclass(slots=True)
class CallBounds:
    """What the calls of one service may take; times are seconds, sizes are bytes.

    ``budget`` bounds the messages that are being received by all calls together, ``receive_timeout`` and
    ``send_timeout`` each message (None: as long as grpclib waits), ``max_fields`` what a message may consist of.
    ``status`` makes the status of an error; a malformed request is an InvalidArgument by then.
    """

    request_bytes: int
    budget: ByteBudget
    receive_timeout: float | None = None
    send_timeout: float | None = None
    max_fields: int = MAX_FIELDS
    status: Callable[[CorvoError], GRPCError] = grpc_error
    codec: MessageCodec = field(init=False)

    def __post_init__(self) -> None:
        self.codec = MessageCodec(self.max_fields)

    def around(self, handler: Handler) -> Handler:
        """``handler`` of any service, within these bounds; one that is within its own already stays as it is."""
        if isinstance(handler.func, _Bounded):
            return handler
        return handler._replace(func=_Bounded(self, handler.func))

    async def receive(self, stream: Stream[Any, Any]) -> Any:
        """The next message, None at the end of a stream of them.

        Raises what ``limits.receive`` does, DeadlineExceeded, and InvalidArgument for what is no message.
        """
        try:
            async with asyncio.timeout(self.receive_timeout):
                data = await receive(stream, self.request_bytes, self.budget)
            if data is not None:
                (message,) = await stream._dispatch.recv_message(self.codec.decode(data, stream._recv_type))
                return message
        except TimeoutError:
            raise DeadlineExceeded("the caller", self.receive_timeout or 0.0, "no request") from None
        except DecodeError as error:
            raise InvalidArgument("request", None, str(error)) from error
        if not stream._cardinality.client_streaming:
            raise InvalidArgument("request", None, "there is no message in it")
        return None

    async def send(self, stream: Stream[Any, Any], message: Any) -> None:
        """Send ``message``; DeadlineExceeded for a caller that does not take it in time."""
        (message,) = await stream._dispatch.send_message(message)
        try:
            call = _call.get()
            async with asyncio.timeout(self.send_timeout):
                await send(stream, self.codec.pieces(message, stream._send_type), call.taken if call else None)
        except TimeoutError:
            raise DeadlineExceeded("the caller", self.send_timeout or 0.0, "its answer was not taken") from None


class _Bounded:
    """A method within bounds, as grpclib calls it."""

    def __init__(self, bounds: CallBounds, function: Callable[[Stream[Any, Any]], Awaitable[None]]) -> None:
        self._bounds = bounds
        self._function = function

    async def __call__(self, stream: Stream[Any, Any]) -> None:
        bounds = self._bounds
        # On the instance: generated methods, and iterating over the stream, go through here as well.
        stream.recv_message = lambda: bounds.receive(stream)  # type: ignore[method-assign]
        stream.send_message = lambda message: bounds.send(stream, message)  # type: ignore[method-assign]
        try:
            with ExitStack() as resources:
                task = asyncio.current_task()
                assert task is not None
                token = _call.set(Call(stream, resources, task))
                try:
                    await self._function(stream)
                except BaseException as error:
                    # The answer of a call that is cut off would stay with the traceback, which grpclib keeps with the
                    # call's task, until the garbage collector comes by.
                    clear_frames(error.__traceback__)
                    raise
                finally:
                    _call.reset(token)
                    # Circles: the stream's buffers would stay until the garbage collector comes by. A method within
                    # the bounds of its service and of the server has lost them when the inner ones end.
                    for name in ("recv_message", "send_message"):
                        vars(stream).pop(name, None)
        except WrongModule as error:
            # Told in a trailer, too: whoever asks has to know this refusal from those of handlers.
            found = bounds.status(error)
            await stream.send_trailing_metadata(
                status=found.status, status_message=found.message, metadata={OWN_MODULE: quote(error.own)}
            )
        except CorvoError as error:
            raise bounds.status(error) from error


class BoundedService(ServiceBase):
    """To be put before a generated service among the bases of a class: its methods are within ``bounds``."""

    bounds: CallBounds

    def __mapping__(self) -> dict[str, Handler]:
        """The generated methods, within bounds."""
        generated: dict[str, Handler] = super().__mapping__()  # type: ignore[misc] # the generated service's
        return {path: self.bounds.around(handler) for path, handler in generated.items()}

    async def _call_rpc_handler_server_stream(
        self, handler: Callable[[Any], Any], stream: Stream[Any, Any], request: Any
    ) -> None:
        # betterproto's own leaves the generator to the garbage collector when the caller goes away.
        async with aclosing(handler(request)) as messages:
            async for message in messages:
                await stream.send_message(message)
