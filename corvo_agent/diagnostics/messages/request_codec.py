"""DiagnosticsRequest and DiagnosticsResponse to and from what handlers and clients deal in: DebugQuery and Payload."""

from __future__ import annotations

from betterproto.lib.google.protobuf import Any as GoogleAny
from betterproto.lib.google.protobuf import Timestamp as GoogleTimestamp

from ..._generated import api
from ..._generated.diagnostics import DiagnosticsRequest as DiagnosticsRequest
from ..._generated.diagnostics import DiagnosticsResponse as DiagnosticsResponse
from ..._generated.diagnostics import ServicePort
from ...errors import ResourceExhausted
from ...protobuf.codec import make
from ..query import NOTHING, DebugQuery, Payload, PiecedPayload

MAX_PARAMETERS = 1000


def request_of(query: DebugQuery) -> DiagnosticsRequest:
    """The message that asks ``query``; its ``timeout`` travels in gRPC's own header.

    What a Go peer cannot leave out of a request is there, empty.
    """
    return make(
        DiagnosticsRequest,
        t=make(api.TypeMeta),
        o=make(api.ObjectMeta, name=query.name, creation_time=_no_time(), mod_time=_no_time()),
        query=query.query,
        service_port=make(ServicePort, name=query.service_port),
        parameters=query.parameters,
    )


def query_of(request: DiagnosticsRequest, timeout: float | None = None) -> DebugQuery:
    """The query that ``request`` asks, with ``timeout``; ResourceExhausted for more than MAX_PARAMETERS parameters."""
    if len(request.parameters) > MAX_PARAMETERS:
        raise ResourceExhausted("parameters of a query", MAX_PARAMETERS)
    return DebugQuery(request.query, request.parameters, request.o.name, request.service_port.name, timeout)


def response_of(payload: Payload) -> DiagnosticsResponse:
    """The message that answers with ``payload``: api.Any around google's Any, and nothing in it for NOTHING."""
    if payload == NOTHING:
        return make(DiagnosticsResponse)
    packed = make(
        GoogleAny, type_url=payload.type_url, value=payload.pieces if len(payload.pieces) > 1 else payload.value
    )
    return make(DiagnosticsResponse, object=make(api.Any, object=packed))


def payload_in(response: DiagnosticsResponse) -> Payload:
    """What ``response`` holds, NOTHING when that is nothing."""
    packed = response.object.object
    if isinstance(packed.value, tuple):
        return PiecedPayload(packed.type_url, packed.value)
    return Payload(packed.type_url, packed.value) if packed.type_url or packed.value else NOTHING


def _no_time() -> api.Timestamp:
    # Go's wrapper is there with an empty google.protobuf.Timestamp in it.
    return make(api.Timestamp, time=make(GoogleTimestamp))
