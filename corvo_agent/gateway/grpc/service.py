"""``diagnostics.DiagnosticsV1``: the Module API as Go clients of the original call it, over the same code as REST."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from grpclib.const import Cardinality, Handler, Status
from grpclib.server import Stream

from ...diagnostics.limits import RawMessage
from ...diagnostics.messages.request_codec import decode_request, encode_response
from ...errors import Compacted, CorvoError, InvalidArgument, Unsupported
from ...modules.selectors.list_options import ListOptions
from ..auth import Role, Tokens, bearer
from ..cooperative_yield import in_slices
from ..objects.body import check_module
from ..objects.errors import UNAUTHENTICATED, UNAUTHORIZED, Action, Failure
from ..objects.module_api import ModuleApi
from ..routing.router import Router
from ..watching.events import EventBatch
from ..watching.watch_hub import expired_text
from .proto_modules import (
    INITIAL_DONE,
    decode_aggregate,
    decode_label,
    decode_module,
    decode_options,
    encode_any_event,
    encode_event,
    encode_list,
    encode_module,
)
from .status import grpc_failure, of_failure

RawStream = Stream[RawMessage, RawMessage]
Unary = Callable[[bytes, RawStream], Awaitable[bytes]]

_SERVICE = "/diagnostics.DiagnosticsV1/"
_NO_VERSION = Failure(400, Status.INVALID_ARGUMENT, "Request information error", ("Unable to determine version",))
_BOTH_UPDATES = Failure(
    500, Status.INTERNAL, "Request information error", ("replace-status-field and req-status-only exclude each other",)
)


class DiagnosticsV1:
    """The service for a grpclib server, over ``api`` and ``router``; ``tokens`` say who may call."""

    def __init__(self, api: ModuleApi, router: Router, tokens: Tokens) -> None:
        self._api = api
        self._router = router
        self._tokens = tokens

    def __mapping__(self) -> dict[str, Handler]:
        """The methods that grpclib serves; requests and answers pass as bytes."""
        unary: dict[str, tuple[Unary, Action, Role]] = {
            "AutoGetModule": (self._get, Action.READ, Role.READ),
            "AutoListModule": (self._list, Action.READ, Role.READ),
            "AutoAddModule": (self._add, Action.WRITE, Role.WRITE),
            "AutoUpdateModule": (self._update, Action.WRITE, Role.WRITE),
            "AutoDeleteModule": (self._delete, Action.WRITE, Role.WRITE),
            "AutoLabelModule": (self._label, Action.WRITE, Role.WRITE),
            "Debug": (self._debug, Action.DEBUG, Role.WRITE),
        }
        handlers = {
            _SERVICE + name: Handler(partial(self._unary, *how), Cardinality.UNARY_UNARY, RawMessage, RawMessage)
            for name, how in unary.items()
        }
        for name, watch in (("AutoWatchModule", self._watch), ("AutoWatchSvcDiagnosticsV1", self._watch_service)):
            handlers[_SERVICE + name] = Handler(watch, Cardinality.UNARY_STREAM, RawMessage, RawMessage)
        return handlers

    async def _unary(self, method: Unary, action: Action, role: Role, stream: RawStream) -> None:
        self._admit(stream, role)
        data = await _receive(stream)
        try:
            answer = await method(data, stream)
        except CorvoError as error:
            name = "" if method == self._list else _name(data)
            raise grpc_failure(error, action, name) from error
        await stream.send_message(RawMessage(answer))

    async def _get(self, data: bytes, stream: RawStream) -> bytes:
        return encode_module((await self._api.get(decode_module(data).name)).module)

    async def _list(self, data: bytes, stream: RawStream) -> bytes:
        listing = await self._api.list(decode_options(data))
        written: list[bytes] = []
        async for part in in_slices(listing.items or ()):
            written += [encode_module(entry.module) for entry in part]
        return encode_list(written, listing.total)

    async def _add(self, data: bytes, stream: RawStream) -> bytes:
        given = decode_module(data)
        check_module(given)
        return encode_module((await self._api.create(given)).module)

    async def _update(self, data: bytes, stream: RawStream) -> bytes:
        given = decode_module(data)
        by_person, by_agent = _says(stream, "replace-status-field"), _says(stream, "req-status-only")
        if by_person and by_agent:
            raise of_failure(_BOTH_UPDATES)
        if by_agent:
            check_module(given, spec=False)
            entry = await self._api.put_status(given.name, given)
        elif by_person:
            check_module(given, status=False)
            entry = await self._api.put(given.name, given)
        else:
            check_module(given)
            entry = await self._api.replace(given.name, given)
        return encode_module(entry.module)

    async def _delete(self, data: bytes, stream: RawStream) -> bytes:
        # The original does not look at the version of a delete.
        return encode_module((await self._api.delete(decode_module(data).name)).module)

    async def _label(self, data: bytes, stream: RawStream) -> bytes:
        name, labels, version = decode_label(data)
        return encode_module((await self._api.label(name, labels, version)).module)

    async def _debug(self, data: bytes, stream: RawStream) -> bytes:
        timeout = stream.deadline.time_remaining() if stream.deadline else None
        await self._api.ready()
        return encode_response(await self._router.debug(decode_request(data, timeout)))

    async def _watch(self, stream: RawStream) -> None:
        self._admit(stream, Role.READ)
        _need_version(stream)
        data = await _receive(stream)
        await self._follow(stream, lambda: decode_options(data), encode_event)

    async def _watch_service(self, stream: RawStream) -> None:
        self._admit(stream, Role.READ)
        _need_version(stream)
        data = await _receive(stream)
        await self._follow(stream, lambda: _only_modules(data), encode_any_event, done=INITIAL_DONE)

    async def _follow(
        self,
        stream: RawStream,
        options: Callable[[], ListOptions],
        encode: Callable[[str, bytes], bytes],
        *,
        done: bytes = b"",
    ) -> None:
        try:
            subscription = await self._api.watch(options())
            try:
                while True:
                    if done and not subscription.initial_left:
                        await stream.send_message(RawMessage(done))
                        done = b""
                    batch = await subscription.next_batch()
                    await stream.send_message(RawMessage(_encode(batch, encode)))
            finally:
                self._api.unwatch(subscription)
        except Compacted as error:
            expired = Failure(410, Status.OUT_OF_RANGE, "Expired", (expired_text(error),))
            raise of_failure(expired) from error
        except CorvoError as error:
            raise grpc_failure(error, Action.READ) from error

    def _admit(self, stream: RawStream, role: Role) -> None:
        found = self._tokens.role(bearer(_metadata(stream, "authorization")))
        if found is None:
            raise of_failure(UNAUTHENTICATED)
        if role is Role.WRITE and found is not Role.WRITE:
            raise of_failure(UNAUTHORIZED)


def _encode(batch: EventBatch, encode: Callable[[str, bytes], bytes]) -> bytes:
    """The events as one message, made once for all watchers of a kind."""
    written = batch.encoded.get(encode)
    if written is None:
        written = b"".join(encode(event.type.value, encode_module(event.entry.module)) for event in batch.events)
        batch.encoded[encode] = written
    return written


async def _receive(stream: RawStream) -> bytes:
    message = await stream.recv_message()
    if message is None:
        raise of_failure(Failure(400, Status.INVALID_ARGUMENT, "Request information error", ("no message",)))
    return message.value


def _only_modules(data: bytes) -> ListOptions:
    parts = decode_aggregate(data)
    for kind, _ in parts:
        if kind not in ("", "Module"):
            raise InvalidArgument("watch-options", kind, "DiagnosticsV1 has no such kind", ("Module",))
    if len(parts) > 1:
        raise Unsupported("a watch with several options of one kind", "one watch for each of them does it")
    return parts[0][1] if parts else ListOptions()


def _need_version(stream: RawStream) -> None:
    if not _metadata(stream, "req-version"):
        raise of_failure(_NO_VERSION)


def _says(stream: RawStream, key: str) -> bool:
    return _metadata(stream, key) == "true"


def _metadata(stream: RawStream, key: str) -> str:
    value: Any = stream.metadata.get(key, "") if stream.metadata else ""
    return value if isinstance(value, str) else ""


def _name(data: bytes) -> str:
    """Which object a failed call was about, as far as its request can be read: for the error's reference."""
    try:
        # Module, api.Label and DiagnosticsRequest alike have their ObjectMeta in field 2.
        return decode_label(data)[0]
    except CorvoError:
        return ""
