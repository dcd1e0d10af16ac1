"""The gRPC service ``protos.Diagnostics``: takes queries, finds their handlers, answers within bounds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import ExitStack, aclosing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from betterproto import Message
from grpclib.exceptions import GRPCError
from grpclib.server import Stream

from .._generated.diagnostics import DiagnosticsRequest, DiagnosticsResponse
from .._generated.protos import DiagnosticsBase
from ..access.audit import current_audit
from ..access.caller import current_caller
from ..access.rules import role_of_query
from ..errors import CorvoError, ResourceExhausted, Unsupported, WrongModule
from ..stats.expvar import ExpvarRegistry
from ..stats.variables import Func
from .answer_budget import AnswerBudget, AnswerRoom
from .calls import BoundedService, Call, CallBounds, current_call, seconds_left
from .fair_places import FairPlaces, Place, Yields
from .handler import QueryHandler, StreamingHandler
from .handlers.action import Action, ActionHandler
from .limits import REQUEST_BYTES, RESPONSE_BYTES, ByteBudget
from .messages.payloads import payload_of
from .messages.request_codec import query_of, response_of
from .query import DebugQuery, Payload
from .registry import HandlerRegistry, HandlerSlot
from .shedding import Shedding
from .status import grpc_error

if TYPE_CHECKING:
    from ..profiles.kind import ProfileKind
    from ..profiles.recording.recorders import Recorders

_log = logging.getLogger(__name__)
_LOG_FILE = "/var/log/pensando/{}.log"
# A profile may measure for two minutes, then it is packed and sent.
_PROFILE_TIMEOUT = 150.0


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """What a DiagnosticsService allows; times are seconds, sizes are bytes.

    ``queries`` and ``streams`` at once, and ``reserved`` places more for Stats; one more waits ``place_timeout`` for
    others to give way; ``query_timeout`` where the caller sets no deadline, ``longest_query`` whatever it sets;
    ``received_bytes`` of requests in memory at once; ``answer_bytes`` of answers that are being made or sent (None: see
    ``AnswerBudget``); ``send_timeout`` for a caller that does not take its answer.
    """

    queries: int = 16
    reserved: int = 4
    streams: int = 64
    place_timeout: float = 5.0
    query_timeout: float = 60.0
    longest_query: float = 600.0
    receive_timeout: float = 10.0
    send_timeout: float = 60.0
    stop_timeout: float = 5.0
    request_bytes: int = REQUEST_BYTES
    received_bytes: int = 4 * REQUEST_BYTES
    response_bytes: int = RESPONSE_BYTES
    answer_bytes: int | None = None


class DiagnosticsService(BoundedService, DiagnosticsBase):
    """Answers Debug queries; put it into any grpclib ``Server([mine, service])``.

    ``async with service`` (or ``start`` and ``aclose``) starts and stops the handlers. Without that, each handler is
    started by its first query. Not to be shared between event loops.
    """

    def __init__(self, module: str = "", node: str = "", category: str = "", *, limits: ServiceLimits | None = None):
        self.module = module
        self.node = node
        self.category = category
        #: The Module that it answers for; a query that names another one is refused. "": it answers for any.
        self.name = ""
        self.limits = limits or ServiceLimits()
        self.registry = HandlerRegistry(self.limits.stop_timeout)
        #: What the Stats query of ``with_defaults`` answers; publish your own here.
        self.expvars = ExpvarRegistry()
        self._records = False
        self._recorders: Recorders | None = None
        #: What it refuses while the process takes too much; nothing unless its owner says so.
        self.shedding = Shedding()
        self.serving = True
        self._listeners: list[Callable[[bool], None]] = []
        self._actions = ActionHandler()
        patience = self.limits.place_timeout
        self._queries = FairPlaces(
            "queries at once", self.limits.queries, reserve=self.limits.reserved, patience=patience
        )
        self._answers = AnswerBudget(self.limits.answer_bytes, self._spare_stalled)
        self._streams = FairPlaces("followed queries at once", self.limits.streams, patience=patience)
        self.bounds = CallBounds(
            self.limits.request_bytes,
            ByteBudget(self.limits.received_bytes),
            receive_timeout=self.limits.receive_timeout,
            send_timeout=self.limits.send_timeout,
        )
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
        from ..logs.files.log_folders import pin_folders
        from .handlers.deferred import DeferredHandler
        from .handlers.profile import ProfileHandler
        from .handlers.stats import StatsHandler

        service = cls(module, node, category, limits=limits)
        service._records = True

        path = log_file or _LOG_FILE.format(module)
        # What a log may link to later is not to be read: where it is now has to be seen now.
        allowed = pin_folders(path)

        def logs() -> StreamingHandler:
            from .handlers.log import LogHandler

            return LogHandler(path, allowed=allowed)

        def kinds() -> Iterable[ProfileKind]:
            from ..profiles.kinds.local import local_kinds

            return local_kinds(service.recorders)

        service.expvars.debug_stats(f"{node}-{module}")
        service.register_handler("Log", DeferredHandler(logs))
        service.register_handler("Stats", StatsHandler(service.expvars))
        service.register_handler("Profile", ProfileHandler(kinds), timeout=_PROFILE_TIMEOUT)
        return service

    def __repr__(self) -> str:
        queries, streams = self._queries, self._streams
        taken = f"{queries.taken}/{queries.places} queries, {streams.taken}/{streams.places} streams"
        return f"<DiagnosticsService {' '.join(self.registry.queries)}: {taken}>"

    @property
    def recorders(self) -> Recorders | None:
        """What ``enable-trace`` turns on and off, made when it is first asked for; None where there is none."""
        if self._recorders is None and self._records:
            # Late: few agents ever record.
            from ..profiles.recording.recorders import Recorders

            self._recorders = Recorders()
        return self._recorders

    def record(self, on: bool, /) -> None:
        """Turn on or off what ``recorders`` are; see ``Recorders.enable``."""
        if (on or self._recorders is not None) and self.recorders is not None:
            self.recorders.enable(on)

    def leave_out_recorders(self) -> None:
        """There is nothing to record: what is asked for is of another process."""
        self._records, self._recorders = False, None

    # The user's side

    def register_handler(self, query: str, handler: QueryHandler, *, timeout: float | None = None) -> None:
        """Let ``handler`` answer ``query`` (any case); one that did so before is stopped.

        ``timeout`` bounds its answers, in seconds, where the caller sets no deadline. Raises InvalidArgument.
        """
        self.registry.register(query, handler, timeout=timeout)

    def register_action(self, name: str, function: Action, *, type_url: str = "") -> None:
        """Let the Action query run ``function``: see ``ActionHandler.register_action``."""
        self._actions.register_action(name, function, type_url=type_url)

    def shed_by(self, shedding: Shedding) -> None:
        """Refuse what ``shedding`` says, and publish that as the variable ``shedding``."""
        self.shedding = shedding
        self.expvars.publish("shedding", Func(shedding.as_json))

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

    # The methods of protos.Diagnostics

    async def debug(self, request: DiagnosticsRequest) -> DiagnosticsResponse:
        """The answer of the query's handler. Raises a CorvoError, which becomes the call's status."""
        call, audit = current_call(), current_audit()
        query = self._asked(request)
        slot = self.registry.lookup(query.query)
        with ExitStack() as here:
            if audit is not None:
                parameters = dict(query.parameters)
                here.enter_context(
                    audit.told("debug", query.name or self.name, query=query.query, parameters=parameters)
                )
            # Place and room are taken until the answer is sent: a slow caller's answer is in memory as long.
            resources = call.resources if call else here
            seconds = slot.timeout or self.limits.query_timeout if query.seconds is None else query.seconds
            seconds = min(seconds, self.limits.longest_query)
            self.shedding.check(query.query)
            place = self._place(query, call)
            await self._queries.enter(place, seconds)
            resources.enter_context(self._queries.held(place))
            room = resources.enter_context(self._answers.room(seconds))
            answering = self._answer(slot, query, room)
            answer = await self._queries.run_in(place, answering, seconds, f"query {slot.query}")
            if call is not None:
                place.cut, call.taken = call.cut, place.taken
                place.taken()
            return answer

    def _spare_stalled(self) -> float:
        """End one that holds room for what its caller does not take; when to ask again."""
        return min(self._queries.spare_stalled(), self._streams.spare_stalled())

    def _place(self, query: DebugQuery, call: Call | None) -> Place:
        """What ``query`` takes among those that are answered at once."""
        kind = query.query.strip().casefold()
        # Actions, and what a service has registered itself, may not be ended amid what they do.
        yields = {"log": Yields.TO_ANY, "profile": Yields.TO_FEWER}.get(kind, Yields.ANSWERED)
        return Place(current_caller().name, call.connection if call else 0, yields, spare=kind == "stats")

    async def _answer(self, slot: HandlerSlot, query: DebugQuery, room: AnswerRoom) -> DiagnosticsResponse:
        with _unexpected(query):
            async with slot.use() as handler:
                payload = self._within(await handler.handle(query))
            await room.keep(payload.size)
            return response_of(payload)

    async def debug_stream(self, request: DiagnosticsRequest) -> AsyncGenerator[DiagnosticsResponse]:
        """The answers of the query's handler for as long as it has some; raises as ``debug`` does."""
        query = self._asked(request)
        with _unexpected(query):
            async with self.registry.lookup(query.query).use() as handler:
                if not isinstance(handler, StreamingHandler):
                    raise Unsupported(f"following {query.query}", "its handler answers once, ask with Debug")
                async with aclosing(cast("AsyncGenerator[Payload | Message]", handler.stream(query))) as batches:
                    async for batch in batches:
                        # What goes on ends, too: nothing else of it would.
                        self.shedding.check(query.query, follows=True)
                        yield response_of(self._within(batch))

    async def _call_rpc_handler_server_stream(
        self, handler: Callable[[Any], Any], stream: Stream[Any, Any], request: DiagnosticsRequest
    ) -> None:
        query = self._asked(request)
        slot = self.registry.lookup(query.query)
        audit = current_audit()
        asked = {"query": query.query, "parameters": dict(query.parameters)}
        told = nullcontext() if audit is None else audit.told("follow", query.name or self.name, **asked)
        with told, ExitStack() as here:
            self.shedding.check(query.query, follows=True)
            call = current_call()
            place = Place(current_caller().name, call.connection if call else 0, Yields.TO_FEWER)
            await self._streams.enter(place, query.seconds)
            here.enter_context(self._streams.held(place))
            # The lines of before are answers like others; what comes afterwards has bounds of its own.
            seconds = self.limits.query_timeout if query.seconds is None else query.seconds
            room = here.enter_context(self._answers.room(seconds, lasting=query.seconds is None))
            if call is not None:
                place.cut = call.cut
            # At once: a caller that follows something quiet knows that it is listened to.
            await stream.send_initial_metadata()
            offered = partial(_offered, handler, place, room)
            sending = super()._call_rpc_handler_server_stream(offered, stream, request)
            await self._streams.run_in(place, sending, query.seconds, f"query {slot.query}")

    def _asked(self, request: DiagnosticsRequest) -> DebugQuery:
        query = query_of(request, seconds_left())
        # An address outlives its process: the next one there must not act on what was meant for another Module.
        if query.name and self.name and query.name != self.name:
            raise WrongModule(query.name, self.name)
        current_caller().require(role_of_query(query.query, query.parameters))
        return query

    def _within(self, answer: Payload | Message) -> Payload:
        payload = payload_of(answer)
        size = payload.size
        if size > self.limits.response_bytes:
            raise ResourceExhausted("bytes of an answer (ask for less)", self.limits.response_bytes, size)
        return payload


async def _offered(
    handler: Callable[[Any], AsyncGenerator[Any]], place: Place, room: AnswerRoom, request: Any
) -> AsyncGenerator[Any]:
    """What ``handler`` gives; who does not take it while ``room`` is held for more may have to give way."""
    async with aclosing(handler(request)) as answers:
        async for answer in answers:
            if room.held:
                place.taken()
            yield answer
            place.offered = None


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
