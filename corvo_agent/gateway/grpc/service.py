"""``diagnostics.DiagnosticsV1``: the Module API as Go clients of the original call it, over the same code as REST.

The service is the one that betterproto generated from protos/, within our bounds.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

from grpclib.const import Handler, Status
from grpclib.exceptions import GRPCError
from grpclib.server import Stream

from ..._generated import api, diagnostics
from ..._generated.diagnostics import DiagnosticsRequest, DiagnosticsResponse, DiagnosticsV1Base, Module
from ...access.audit import Audit
from ...access.caller import Caller, calling, current_caller
from ...access.rules import RPCS, role_of_query
from ...access.wrong_tokens import bearer
from ...diagnostics.calls import BoundedService, CallBounds, address_of_peer, current_call, metadata, seconds_left
from ...diagnostics.client.reply_budget import replies_kept
from ...diagnostics.limits import REQUEST_BYTES, ByteBudget
from ...diagnostics.messages.request_codec import query_of, response_of
from ...errors import Compacted, CorvoError, InvalidArgument, ResourceExhausted, shorten
from ...modules.selectors.list_options import ListOptions
from ...protobuf.codec import encode, opaque
from ..auth import Gatekeeper
from ..cooperative_yield import in_slices
from ..objects.body import check_module
from ..objects.errors import UNAUTHENTICATED, UNAUTHORIZED, Action, Failure
from ..objects.module_api import ModuleApi
from ..objects.module_messages import any_event_of, event_of, initial_done, list_of, message_of, module_of, options_of
from ..rest.answers import Answers
from ..rest.transcode import LARGE
from ..routing.router import Router
from ..watching.cached_module import CachedModule
from ..watching.events import EventBatch
from ..watching.subscription import Subscription
from ..watching.watch_hub import expired_text
from .merged_watch import merged
from .status import grpc_failure, of_failure

Request = TypeVar("Request")
Answer = TypeVar("Answer")
_Method = Callable[["DiagnosticsV1", Request], Coroutine[Any, Any, Answer]]

_MAX_FIELDS = 100_000
# Seconds in which a caller has to take a message.
_SEND_TIMEOUT = 60.0
# Watches that one call may ask for: each takes a place among those of the gateway.
_MAX_OPTIONS = 16
_WATCHING = ("AutoWatchModule", "AutoWatchSvcDiagnosticsV1")
_NO_VERSION = Failure(400, Status.INVALID_ARGUMENT, "Request information error", ("Unable to determine version",))
_BOTH_UPDATES = Failure(
    500, Status.INTERNAL, "Request information error", ("replace-status-field and req-status-only exclude each other",)
)


def _failing_as(action: Action) -> Callable[[_Method[Request, Answer]], _Method[Request, Answer]]:
    """Errors of a method become what a caller of ``action`` hears; the object that it was about is named."""

    def decorate(method: _Method[Request, Answer]) -> _Method[Request, Answer]:
        @wraps(method)
        async def wrapper(self: DiagnosticsV1, request: Request) -> Answer:
            try:
                return await method(self, request)
            except CorvoError as error:
                listed = isinstance(request, api.ListWatchOptions)
                raise grpc_failure(error, action, "" if listed else request.o.name) from error  # type: ignore[attr-defined]

        return wrapper

    return decorate


class DiagnosticsV1(BoundedService, DiagnosticsV1Base):
    """The service for a grpclib server, over ``api`` and ``router``.

    ``gatekeeper`` says who calls, ``audit`` hears of refusals, ``answers`` are the large ones under way.
    """

    def __init__(self, api: ModuleApi, router: Router, gatekeeper: Gatekeeper, audit: Audit, answers: Answers) -> None:
        self._answers = answers
        self._audit = audit
        self._api = api
        self._router = router
        self._gatekeeper = gatekeeper
        self.bounds = CallBounds(
            REQUEST_BYTES,
            ByteBudget(4 * REQUEST_BYTES),
            send_timeout=_SEND_TIMEOUT,
            max_fields=_MAX_FIELDS,
            status=lambda error: grpc_failure(error, Action.READ),
        )

    def __mapping__(self) -> dict[str, Handler]:
        """The generated methods, within bounds and for those who may call them only."""
        return {path: self._guarded(path, handler) for path, handler in super().__mapping__().items()}

    def _guarded(self, path: str, handler: Handler) -> Handler:
        name = path.rpartition("/")[2]

        async def guarded(stream: Stream[Any, Any]) -> None:
            # Before a byte of the message is read.
            caller: Caller | None = current_caller()
            if self._gatekeeper.required:
                token = bearer(metadata(stream, "authorization"))
                caller = await self._gatekeeper.caller(token, address_of_peer(stream), current_caller())
            address = address_of_peer(stream)
            if caller is None:
                self._audit.refused("unknown", address, name)
                raise of_failure(UNAUTHENTICATED)
            if name not in RPCS or caller.role < RPCS[name]:
                self._audit.refused(caller.name, address, name)
                raise of_failure(UNAUTHORIZED)
            version = metadata(stream, "req-version")
            if name in _WATCHING and not version:
                raise of_failure(_NO_VERSION)
            if version and version != "v1":
                raise of_failure(_other_version(version))
            with calling(replace(caller, address=address)):
                await handler.func(stream)

        return handler._replace(func=guarded)

    @_failing_as(Action.READ)
    async def auto_get_module(self, module: Module) -> Module:
        """The Module of that name."""
        return self._shown(await self._api.get(module.o.name))

    @_failing_as(Action.READ)
    async def auto_list_module(self, options: api.ListWatchOptions) -> diagnostics.ModuleList:
        """The Modules that ``options`` choose."""
        listing = await self._api.list(options_of(options))
        written: list[bytes] = []
        async for part in in_slices(listing.items or ()):
            written += [encode(self._shown(entry)) for entry in part]
        return list_of(written, listing.total)

    @_failing_as(Action.WRITE)
    async def auto_add_module(self, module: Module) -> Module:
        """Create the Module."""
        given = module_of(module)
        check_module(given)
        return self._shown(await self._api.create(given))

    @_failing_as(Action.WRITE)
    async def auto_update_module(self, module: Module) -> Module:
        """Replace the Module, or the part that the caller's metadata name."""
        given = module_of(module)
        by_person, by_agent = _says("replace-status-field"), _says("req-status-only")
        if by_person and by_agent:
            raise of_failure(_BOTH_UPDATES)
        if by_agent:
            # One that was read without a level has none now either.
            check_module(given if given.spec.log_level else given.with_spec(log_level="Info"))
            entry = await self._api.put_status(given.name, given)
        elif by_person:
            check_module(given, status=False)
            entry = await self._api.put(given.name, given)
        else:
            check_module(given)
            entry = await self._api.replace(given.name, given)
        return self._shown(entry)

    def _shown(self, entry: CachedModule) -> Module:
        """The Module with what lies beside it."""
        return message_of(entry.module, self._api.beside_of(entry.module))

    @_failing_as(Action.WRITE)
    async def auto_delete_module(self, module: Module) -> Module:
        """Delete the Module; the original does not look at the version of a delete."""
        return message_of((await self._api.delete(module.o.name)).module)

    @_failing_as(Action.WRITE)
    async def auto_label_module(self, label: api.Label) -> Module:
        """Replace the labels."""
        meta = label.o
        return self._shown(await self._api.label(meta.name, meta.labels, meta.resource_version))

    @_failing_as(Action.DEBUG)
    async def debug(self, request: DiagnosticsRequest) -> DiagnosticsResponse:
        """Ask the agent of the Module that ``request`` names; its answer passes untouched."""
        query = query_of(request, seconds_left())
        current_caller().require(role_of_query(query.query, query.parameters))
        await self._api.ready()
        call = current_call()
        assert call is not None
        reader = self._answers.reader(call.cut)
        with replies_kept():
            payload = await self._router.debug(query)
            if len(payload.value) >= LARGE:
                # Until it is sent: its reader may take its time.
                call.resources.enter_context(await reader.hold(len(payload.value)))
                call.resources.enter_context(reader.offering())
                call.taken = reader.taken
        return response_of(payload)

    async def auto_watch_module(
        self, options: api.ListWatchOptions
    ) -> AsyncGenerator[diagnostics.AutoMsgModuleWatchHelper]:
        """Changes of Modules, those that are there first."""
        async with aclosing(self._batches(lambda: [options_of(options)])) as batches:
            async for batch in batches:
                if batch is not None:
                    yield opaque(diagnostics.AutoMsgModuleWatchHelper, _written(batch, _events))

    async def auto_watch_svc_diagnostics_v1(self, options: api.AggWatchOptions) -> AsyncGenerator[api.WatchEventList]:
        """The same with objects in Any. With several options, a word says when those that are there were sent."""
        async with aclosing(self._batches(lambda: _of_modules(options))) as batches:
            async for batch in batches:
                yield initial_done() if batch is None else opaque(api.WatchEventList, _written(batch, _any_events))

    async def _batches(self, options: Callable[[], Sequence[ListOptions]]) -> AsyncGenerator[EventBatch | None]:
        """The events of a watch; None once between what there is and what comes, where it has several options."""
        subscriptions: list[Subscription] = []
        try:
            for each in options():
                subscriptions.append(await self._api.watch(each))
            async with aclosing(merged(subscriptions)) as batches:
                async for batch in batches:
                    yield batch
        except Compacted as error:
            # As the original's, which has nothing but this text for it.
            raise GRPCError(Status.UNKNOWN, expired_text(error)) from error
        finally:
            for subscription in subscriptions:
                self._api.unwatch(subscription)


def _written(batch: EventBatch, write: Callable[[EventBatch], bytes]) -> bytes:
    """The events as one message, made once for all watchers of a kind."""
    written = batch.encoded.get(write)
    if written is None:
        written = batch.encoded[write] = write(batch)
    return written


def _events(batch: EventBatch) -> bytes:
    events = [event_of(event.type.value, event.entry.module) for event in batch.events]
    return encode(diagnostics.AutoMsgModuleWatchHelper(events))


def _any_events(batch: EventBatch) -> bytes:
    events = [any_event_of(event.type.value, encode(message_of(event.entry.module))) for event in batch.events]
    return encode(api.WatchEventList(events))


def _of_modules(message: api.AggWatchOptions) -> Sequence[ListOptions]:
    parts = message.watch_options
    for part in parts:
        if part.kind not in ("", "Module"):
            raise InvalidArgument("watch-options", part.kind, "DiagnosticsV1 has no such kind", ("Module",))
    if len(parts) > _MAX_OPTIONS:
        raise ResourceExhausted("options of one watch", _MAX_OPTIONS, len(parts))
    return [options_of(part.options) for part in parts] or [ListOptions()]


def _other_version(version: str) -> Failure:
    text = f"unsupported version [{shorten(version)}]"
    return Failure(500, Status.INTERNAL, "Request information error", (text,))


def _says(key: str) -> bool:
    call = current_call()
    return call is not None and metadata(call.stream, key) == "true"
