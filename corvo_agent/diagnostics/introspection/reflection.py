"""gRPC's server reflection (v1 and v1alpha): which services are served, and the .proto files that describe them.

Not grpclib's own: that is made of google.protobuf messages, and importing those keeps a host from importing
grpcio-reflection, whose messages have the same names.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from typing import Any, Protocol

import betterproto
from grpclib.const import Handler, Status

from ..._generated.grpc.reflection.v1 import (
    ErrorResponse,
    ExtensionNumberResponse,
    FileDescriptorResponse,
    ListServiceResponse,
    ServerReflectionBase,
    ServerReflectionRequest,
    ServerReflectionResponse,
    ServiceResponse,
)
from ..admission import Admission
from ..calls import BoundedService, CallBounds
from ..limits import ByteBudget
from ..status import status_message
from .descriptors import Descriptors, HostDescriptors, ProtoFile, find, own_descriptors

_REQUEST_BYTES = 4 << 10
_RECEIVED_BYTES = 16 * _REQUEST_BYTES
_MAX_FIELDS = 100
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


class ReflectionService(BoundedService, ServerReflectionBase):
    """Lists the services called ``names`` and describes those that we or the host's google.protobuf know.

    A file comes with all that it imports. Extensions are not described: a message that is known has none. At most 64
    streams at once, each ended after ten silent minutes.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._streams = Admission("reflection streams at once", _STREAMS)
        self.bounds = CallBounds(
            _REQUEST_BYTES,
            ByteBudget(_RECEIVED_BYTES),
            receive_timeout=_IDLE,
            send_timeout=_TAKING,
            max_fields=_MAX_FIELDS,
        )

    def __mapping__(self) -> dict[str, Handler]:
        """The method under the names of both versions, whose messages are the same bytes."""
        mapping = super().__mapping__()
        return mapping | {path.replace(".v1.", ".v1alpha."): handler for path, handler in mapping.items()}

    async def server_reflection_info(
        self, requests: AsyncIterator[ServerReflectionRequest]
    ) -> AsyncGenerator[ServerReflectionResponse]:
        """A response to each of ``requests``, which is in it, as the protocol asks for."""
        with self._streams.place():
            # In a thread: the first call reads a file.
            sources = (await asyncio.to_thread(own_descriptors), HostDescriptors())
            async for request in requests:
                response = self._response(request, sources)
                response.valid_host, response.original_request = request.host, request
                yield response

    def _response(self, request: ServerReflectionRequest, sources: tuple[Descriptors, ...]) -> ServerReflectionResponse:
        question: str
        subject: Any
        question, subject = betterproto.which_one_of(request, "message_request")
        match question:
            case "list_services":
                listed = ListServiceResponse([ServiceResponse(name) for name in self._names])
                return ServerReflectionResponse(list_services_response=listed)
            case "file_by_filename":
                return _described(subject, find(sources, lambda source: source.by_name(subject)))
            case "file_containing_symbol":
                return _described(subject, find(sources, lambda source: source.by_symbol(subject)))
            case "all_extension_numbers_of_type" if any(source.has_message(subject) for source in sources):
                none = ExtensionNumberResponse(subject)
                return ServerReflectionResponse(all_extension_numbers_response=none)
            case "":
                return _error(Status.INVALID_ARGUMENT, "the request asks nothing that is known here")
            case "file_containing_extension":
                subject = subject.containing_type
        return _not_found(subject)


def served_names(services: Iterable[Servable]) -> list[str]:
    """The names of gRPC services, with their packages, that ``services`` have methods of."""
    return [path.split("/")[1] for service in services for path in service.__mapping__()]


def _described(subject: str, found: Iterable[ProtoFile]) -> ServerReflectionResponse:
    descriptors = [file.data for file in found]
    if not descriptors:
        return _not_found(subject)
    size = sum(map(len, descriptors))
    if size > _ANSWER_BYTES:
        return _error(Status.RESOURCE_EXHAUSTED, f"{size} bytes of descriptors, at most {_ANSWER_BYTES}")
    return ServerReflectionResponse(file_descriptor_response=FileDescriptorResponse(descriptors))


def _not_found(subject: str) -> ServerReflectionResponse:
    return _error(Status.NOT_FOUND, status_message(f"nothing is known of {subject}"))


def _error(status: Status, reason: str) -> ServerReflectionResponse:
    return ServerReflectionResponse(error_response=ErrorResponse(status.value, reason))
