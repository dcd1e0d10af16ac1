"""gRPC's server reflection (v1 and v1alpha): which services are served, and the .proto files that describe them.

Written by hand: grpclib's own is made of google.protobuf messages, and importing those keeps a host from importing
grpcio-reflection, whose messages have the same names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Protocol

from grpclib.const import Cardinality, Handler, Status

from ...errors import DecodeError, InvalidArgument
from ..admission import Admission
from ..limits import ByteBudget, RawMessage
from ..raw_calls import RawStream, as_status, receive_within, send_within
from ..status import status_message
from . import reflection_codec as codec
from .descriptors import Descriptors, HostDescriptors, ProtoFile, find, own_descriptors
from .reflection_codec import Question, ReflectionRequest

_PATHS = tuple(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo" for version in ("v1", "v1alpha"))
_REQUEST_BYTES = 4 << 10
_RECEIVED_BYTES = 16 * _REQUEST_BYTES
# What gRPC clients take when they are not told otherwise.
_ANSWER_BYTES = 4 << 20
_STREAMS = 64
# Seconds that a stream may be silent, and that a caller may take over an answer.
_IDLE = 600.0
_TAKING = 60.0


class Servable(Protocol):
    """What grpclib serves."""

    def __mapping__(self) -> Mapping[str, Handler]:
        """Path -> handler."""
        ...


class ReflectionService:
    """Lists the services called ``names`` and describes those that we or the host's google.protobuf know.

    A file comes with all that it imports. Extensions are not described: a message that is known has none. At most 64
    streams at once, each ended after ten silent minutes.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._streams = Admission("reflection streams at once", _STREAMS)
        self._received = ByteBudget(_RECEIVED_BYTES)

    def __mapping__(self) -> dict[str, Handler]:
        """The method that grpclib serves, under both versions' names."""
        handler = Handler(self._info, Cardinality.STREAM_STREAM, RawMessage, RawMessage)
        return dict.fromkeys(_PATHS, handler)

    async def _info(self, stream: RawStream) -> None:
        with as_status(), self._streams.place():
            # In a thread: the first call reads a file.
            sources = (await asyncio.to_thread(own_descriptors), HostDescriptors())
            while (data := await receive_within(stream, _IDLE, _REQUEST_BYTES, self._received)) is not None:
                request = _decoded(data)
                message = codec.answer(request, self._answer(request, sources))
                await send_within(stream, _TAKING, RawMessage(message))

    def _answer(self, request: ReflectionRequest, sources: tuple[Descriptors, ...]) -> bytes:
        subject = request.subject
        match request.question:
            case Question.LIST_SERVICES:
                return codec.services(self._names)
            case Question.FILE_BY_NAME:
                return _described(subject, find(sources, lambda source: source.by_name(subject)))
            case Question.FILE_OF_SYMBOL:
                return _described(subject, find(sources, lambda source: source.by_symbol(subject)))
            case Question.EXTENSIONS_OF_TYPE if any(source.has_message(subject) for source in sources):
                return codec.no_extensions(subject)
            case None:
                return codec.error(Status.INVALID_ARGUMENT, "the request asks nothing that is known here")
        return _not_found(subject)


def served_names(services: Iterable[Servable]) -> list[str]:
    """The names of gRPC services, with their packages, that ``services`` have methods of."""
    return [path.split("/")[1] for service in services for path in service.__mapping__()]


def _decoded(data: bytes) -> ReflectionRequest:
    try:
        return codec.decode_request(data)
    except DecodeError as error:
        raise InvalidArgument("request", None, str(error)) from error


def _described(subject: str, found: Iterable[ProtoFile]) -> bytes:
    descriptors = [file.data for file in found]
    if not descriptors:
        return _not_found(subject)
    size = sum(map(len, descriptors))
    if size > _ANSWER_BYTES:
        return codec.error(Status.RESOURCE_EXHAUSTED, f"{size} bytes of descriptors, at most {_ANSWER_BYTES}")
    return codec.files(descriptors)


def _not_found(subject: str) -> bytes:
    return codec.error(Status.NOT_FOUND, status_message(f"nothing is known of {subject}"))
