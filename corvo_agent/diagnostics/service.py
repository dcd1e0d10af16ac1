"""The gRPC service ``protos.Diagnostics``: takes queries, finds their handlers, answers within bounds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, cast

from grpclib.const import Cardinality, Handler
from grpclib.exceptions import GRPCError

from ..errors import CorvoError, DecodeError, InvalidArgument, ResourceExhausted, Unsupported
from ..stats.expvar import ExpvarRegistry
from .admission import Admission
from .handler import QueryHandler, StreamingHandler
from .handlers.action import Action, ActionHandler
from .limits import REQUEST_BYTES, RESPONSE_BYTES, ByteBudget, RawMessage
from .messages.request_codec import decode_request, response_head
from .query import DebugQuery, Payload
from .raw_calls import RawStream, as_status, receive_within, send_within
from .registry import HandlerRegistry, HandlerSlot
from .status import grpc_error

if TYPE_CHECKING:
    from ..profiles.recording.recorders import Recorders

_log = logging.getLogger(__name__)
_LOG_FILE = "/var/log/pensando/{}.log"
# A profile may measure for two minutes, then it is packed and sent.
_PROFILE_TIMEOUT = 150.0


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """What a DiagnosticsService allows; times are seconds, sizes are bytes.

    ``queries`` and ``streams`` at once; ``query_timeout`` where the caller sets no deadline, ``longest_query`` whatever
    it sets; ``received_bytes`` of requests in memory at once; ``send_timeout`` for a caller that does not take its
    answer.
    """

    queries: int = 16
    streams: int = 64
    query_timeout: float = 60.0
    longest_query: float = 600.0
    receive_timeout: float = 10.0
    send_timeout: float = 60.0
    stop_timeout: float = 5.0
    request_bytes: int = REQUEST_BYTES
    received_bytes: int = 4 * REQUEST_BYTES
    response_bytes: int = RESPONSE_BYTES


class DiagnosticsService:
    """Answers Debug queries; put it into any grpclib ``Server([mine, service])``.

    ``async with service`` (or ``start`` and ``aclose``) starts and stops the handlers. Without that, each handler is
    started by its first query. Not to be shared between event loops.
    """

    def __init__(self, module: str = "", node: str = "", category: str = "", *, limits: ServiceLimits | None = None):
        self.module = module
        self.node = node
        self.category = category
        self.limits = limits or ServiceLimits()
        self.registry = HandlerRegistry(self.limits.stop_timeout)
        #: What the Stats query of ``with_defaults`` answers; publish your own here.
        self.expvars = ExpvarRegistry()
        #: What ``enable-trace`` turns on and off, where there is such a thing.
        self.recorders: Recorders | None = None
        self.serving = True
        self._listeners: list[Callable[[bool], None]] = []
        self._actions = ActionHandler()
        self._queries = Admission("queries at once", self.limits.queries)
        self._streams = Admission("followed queries at once", self.limits.streams)
        self._received = ByteBudget(self.limits.received_bytes)
        self.registry.register("Action", self._actions)

    @classmethod
    def with_defaults(
        cls,
        module: str,
        node: str,
        category: str = "Venice",
        *,
        log_file: str | None = None,
        limits: ServiceLimits | None = None,
    ) -> DiagnosticsService:
        """A service that answers Log, Stats, Profile and Action for ``module`` on ``node``.

        ``log_file`` is where the module writes its JSON log lines, /var/log/pensando/MODULE.log when None. Handlers
        with other settings replace these: ``register_handler("Log", LogHandler(path, limits=...))``. The counters
        ``debugstats_NODE-MODULE`` are published, and whatever is added to ``expvars``.
        """
        # Late: who registers handlers of their own does not pay for the import of these.
        from ..profiles.kinds.local import local_kinds
        from ..profiles.recording.recorders import Recorders
        from .handlers.log import LogHandler
        from .handlers.profile import ProfileHandler
        from .handlers.stats import StatsHandler

        service = cls(module, node, category, limits=limits)
        service.recorders = Recorders()
        service.expvars.debug_stats(f"{node}-{module}")
        service.register_handler("Log", LogHandler(log_file or _LOG_FILE.format(module)))
        service.register_handler("Stats", StatsHandler(service.expvars))
        service.register_handler("Profile", ProfileHandler(local_kinds(service.recorders)), timeout=_PROFILE_TIMEOUT)
        return service

    def __repr__(self) -> str:
        queries, streams = self._queries, self._streams
        taken = f"{queries.taken}/{queries.places} queries, {streams.taken}/{streams.places} streams"
        return f"<DiagnosticsService {' '.join(self.registry.queries)}: {taken}>"

    # The user's side

    def register_handler(self, query: str, handler: QueryHandler, *, timeout: float | None = None) -> None:
        """Let ``handler`` answer ``query`` (any case); one that did so before is stopped.

        ``timeout`` bounds its answers, in seconds, where the caller sets no deadline. Raises InvalidArgument.
        """
        self.registry.register(query, handler, timeout=timeout)

    def register_action(self, name: str, function: Action, *, type_url: str = "") -> None:
        """Let the Action query run ``function``: see ``ActionHandler.register_action``."""
        self._actions.register_action(name, function, type_url=type_url)

    def watch_serving(self, listener: Callable[[bool], None]) -> None:
        """Call ``listener`` now and whenever the service starts or stops serving."""
        self._listeners.append(listener)
        listener(self.serving)

    async def start(self) -> None:
        """Start all handlers; one that fails says so in each of its answers. Bounded by the stop timeout."""
        self._set_serving(True)
        await self.registry.start()

    async def aclose(self) -> None:
        """Cancel what runs and stop all handlers; may be called twice, bounded by three times the stop timeout."""
        self._set_serving(False)
        await asyncio.gather(
            self._queries.aclose(self.limits.stop_timeout), self._streams.aclose(self.limits.stop_timeout)
        )
        await self.registry.aclose()

    async def __aenter__(self) -> DiagnosticsService:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _set_serving(self, serving: bool) -> None:
        self.serving = serving
        for listener in self._listeners:
            listener(serving)

    # grpclib's side

    def __mapping__(self) -> dict[str, Handler]:
        """The methods that grpclib serves; requests and answers pass as bytes."""
        return {
            "/protos.Diagnostics/Debug": Handler(self._debug, Cardinality.UNARY_UNARY, RawMessage, RawMessage),
            "/protos.Diagnostics/DebugStream": Handler(
                self._debug_stream, Cardinality.UNARY_STREAM, RawMessage, RawMessage
            ),
        }

    async def _debug(self, stream: RawStream) -> None:
        with as_status():
            query = await self._receive(stream)
            slot = self.registry.lookup(query.query)
            with self._queries.place():
                seconds = slot.timeout or self.limits.query_timeout if query.seconds is None else query.seconds
                seconds = min(seconds, self.limits.longest_query)
                message = await self._queries.run(self._answer(slot, query), seconds, f"query {slot.query}")
                await send_within(stream, self.limits.send_timeout, message)

    async def _answer(self, slot: HandlerSlot, query: DebugQuery) -> RawMessage:
        with _unexpected(query):
            async with slot.use() as handler:
                return self._message(await handler.handle(query))

    async def _debug_stream(self, stream: RawStream) -> None:
        with as_status():
            query = await self._receive(stream)
            slot = self.registry.lookup(query.query)
            with self._streams.place():
                # At once: a caller that follows something quiet knows that it is listened to.
                await stream.send_initial_metadata()
                await self._streams.run(self._follow(stream, slot, query), query.seconds, f"query {slot.query}")

    async def _follow(self, stream: RawStream, slot: HandlerSlot, query: DebugQuery) -> None:
        async with aclosing(self._answers(slot, query)) as messages:
            async for message in messages:
                await send_within(stream, self.limits.send_timeout, message)

    async def _answers(self, slot: HandlerSlot, query: DebugQuery) -> AsyncGenerator[RawMessage]:
        with _unexpected(query):
            async with slot.use() as handler:
                if not isinstance(handler, StreamingHandler):
                    raise Unsupported(f"following {slot.query}", "its handler answers once, ask with Debug")
                async with aclosing(cast("AsyncGenerator[Payload]", handler.stream(query))) as batches:
                    async for payload in batches:
                        yield self._message(payload)

    async def _receive(self, stream: RawStream) -> DebugQuery:
        timeout = stream.deadline.time_remaining() if stream.deadline else None
        try:
            data = await receive_within(stream, self.limits.receive_timeout, self.limits.request_bytes, self._received)
            if data is None:
                raise InvalidArgument("request", None, "there is no message in it")
            return decode_request(data, timeout)
        except DecodeError as error:
            raise InvalidArgument("request", None, str(error)) from error

    def _message(self, payload: Payload) -> RawMessage:
        size = len(payload.value)
        if size > self.limits.response_bytes:
            raise ResourceExhausted("bytes of an answer (ask for less)", self.limits.response_bytes, size)
        return RawMessage(payload.value, response_head(payload))


@contextmanager
def _unexpected(query: DebugQuery) -> Iterator[None]:
    """What a handler was not meant to raise is logged in full, and the caller hears INTERNAL and what it was."""
    try:
        yield
    except (CorvoError, GRPCError):
        raise
    except (Exception, SystemExit) as error:
        # SystemExit too: what a handler calls may want to exit, and that must not be the host.
        _log.exception("query %s failed", query.query)
        raise grpc_error(error) from error
