"""DiagnosticsRequest and DiagnosticsResponse as bytes, to and from DebugQuery and Payload.

Written by hand because betterproto needs half a millisecond for the smallest request, and has no bound on how many
parameters a request may bring. What we write is what a Go peer writes: the parts of a request that Go cannot leave
out are there, empty.
"""

from __future__ import annotations

from ...errors import ResourceExhausted
from ...protobuf.wire import LENGTH, FieldBudget, decodes, delimited, fields, text, varint
from ..query import NOTHING, DebugQuery, Payload

MAX_PARAMETERS = 1000
_MAX_FIELDS = 10_000
# ObjectMeta.CreationTime and ModTime: wrappers around an empty Timestamp, which Go always sends.
_NO_TIMES = bytes.fromhex("42020a00 4a020a00")


def encode_request(query: DebugQuery) -> bytes:
    """DiagnosticsRequest; ``timeout`` does not travel in the message but in gRPC's own header."""
    return b"".join(
        (
            b"\x0a\x00",
            delimited(2, _text_field(1, query.name) + _NO_TIMES),
            _text_field(3, query.query),
            delimited(4, _text_field(1, query.service_port)),
            *(delimited(5, _parameter(key, value)) for key, value in query.parameters.items()),
        )
    )


@decodes("diagnostics.DiagnosticsRequest")
def decode_request(data: bytes, timeout: float | None = None) -> DebugQuery:
    """The query in a DiagnosticsRequest; ``timeout`` is handed on.

    Raises DecodeError for malformed bytes, ResourceExhausted for more than MAX_PARAMETERS parameters.
    """
    query = name = port = ""
    parameters: dict[str, str] = {}
    budget = FieldBudget(_MAX_FIELDS)
    for number, kind, start, stop in fields(data, 0, len(data), budget):
        if kind != LENGTH:
            continue
        if number == 2:
            name = _texts(data, start, stop, budget).get(1, name)
        elif number == 3:
            query = data[start:stop].decode()
        elif number == 4:
            port = _texts(data, start, stop, budget).get(1, port)
        elif number == 5:
            entry = _texts(data, start, stop, budget)
            parameters[entry.get(1, "")] = entry.get(2, "")
            if len(parameters) > MAX_PARAMETERS:
                raise ResourceExhausted("parameters of a query", MAX_PARAMETERS)
    return DebugQuery(query, parameters, name, port, timeout)


def encode_response(payload: Payload) -> bytes:
    """DiagnosticsResponse around ``payload``: api.Any around google's Any; no bytes at all for NOTHING."""
    return response_head(payload) + payload.value


def response_head(payload: Payload) -> bytes:
    """What stands before ``payload.value``, the last bytes of a DiagnosticsResponse."""
    if payload == NOTHING:
        return b""
    size = len(payload.value)
    url = _text_field(1, payload.type_url) + (b"\x12" + varint(size) if size else b"")
    middle = b"\x0a" + varint(len(url) + size)
    return b"".join((b"\x0a", varint(len(middle) + len(url) + size), middle, url))


@decodes("diagnostics.DiagnosticsResponse")
def decode_response(data: bytes) -> Payload:
    """What a DiagnosticsResponse holds, NOTHING when that is nothing; DecodeError for malformed bytes."""
    url, value = "", b""
    for start, stop in _messages(data, 0, len(data)):
        for first, last in _messages(data, start, stop):
            for number, kind, low, high in fields(data, first, last):
                if kind == LENGTH and number == 1:
                    url = data[low:high].decode()
                elif kind == LENGTH and number == 2:
                    value = data[low:high]
    return Payload(url, value) if url or value else NOTHING


def _messages(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Where the message of field 1 stands. More than one is merged into one: protobuf's rule."""
    return [(low, high) for number, kind, low, high in fields(data, start, end) if number == 1 and kind == LENGTH]


def _text_field(field: int, value: str) -> bytes:
    return delimited(field, text(value)) if value else b""


def _parameter(key: str, value: str) -> bytes:
    # An entry of a map always has both, also when empty.
    return delimited(1, text(key)) + delimited(2, text(value))


def _texts(data: bytes, start: int, end: int, budget: FieldBudget) -> dict[int, str]:
    """Fields 1 and 2 of a small message, as far as they are there and text."""
    return {
        number: data[low:high].decode()
        for number, kind, low, high in fields(data, start, end, budget)
        if kind == LENGTH and number in (1, 2)
    }
