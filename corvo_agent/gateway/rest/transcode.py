"""A Debug answer from protobuf to the JSON of REST, without building message objects.

The bytes of ``Any.value`` become dicts and orjson writes those. Keys of a record are sorted, as Go writes maps.
"""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import Callable
from typing import Any

import orjson

from ...diagnostics.messages.payloads import decode_logs, decode_profile, decode_stats, decode_string
from ...diagnostics.query import Payload
from ...errors import DecodeError, RemoteError, Unsupported
from ...protobuf.wire import FIXED64, LENGTH, VARINT, decodes, fields, read_varint

#: Slices within slices that are read; deeper ones are refused rather than followed.
_MAX_DEPTH = 32
_UNSET = object()
#: Bytes of an answer from which on it is turned into JSON in a thread: some milliseconds of work.
LARGE = 256 << 10


def payload_json(payload: Payload) -> bytes:
    """``{"diagnostics":...}`` for an answer, ``{}`` for one without a message.

    Raises Unsupported for a message type that has no JSON here, RemoteError for bytes that are not of its type.
    """
    return orjson.dumps(payload_object(payload), option=orjson.OPT_SORT_KEYS)


async def payload_json_aside(payload: Payload) -> bytes:
    """``payload_json``, in a thread when the answer is a large one: the loop is not to wait for it."""
    if len(payload.value) < LARGE:
        return payload_json(payload)
    return await asyncio.to_thread(payload_json, payload)


def payload_object(payload: Payload) -> dict[str, Any]:
    """The same as a dict; raises the same."""
    if not payload.type_url:
        return {}
    name = payload.type_url.rpartition("/")[2]
    reader = _READERS.get(name)
    if reader is None:
        raise Unsupported(
            "this Debug answer",
            f'json: error calling MarshalJSON for type *api.Any: any: message type "{name}" isn\'t linked in',
        )
    try:
        return {"diagnostics": reader(payload.value)}
    except DecodeError as error:
        # The agent sent it: what the caller asked for was right.
        raise RemoteError("the agent", "DATA_LOSS", str(error)) from error


def _logs(value: bytes) -> dict[str, Any]:
    records = decode_logs(value)
    return {"logs": [{"log": record} if record else {} for record in records] or None}


def _stats(value: bytes) -> dict[str, Any]:
    stats = decode_stats(value)
    return {"stats": stats} if stats else {}


def _string(value: bytes) -> dict[str, Any]:
    content = decode_string(value)
    return {"string": content} if content else {}


def _profile(value: bytes) -> dict[str, Any]:
    buffer = decode_profile(value)
    return {"buffer": base64.b64encode(buffer).decode()} if buffer else {}


@decodes("api.Interface")
def _interface(value: bytes) -> Any:
    found = _read_interface(value, 0, len(value), 0)
    if found is _UNSET:
        raise Unsupported("this Debug answer", "json: error calling MarshalJSON for type *api.Interface: no value")
    return found


def _read_interface(data: bytes, start: int, end: int, depth: int) -> Any:
    """The value of the oneof, as its last field on the wire says; _UNSET when there is none."""
    found: Any = _UNSET
    for number, kind, first, stop in fields(data, start, end):
        if number == 1 and kind == LENGTH:
            found = data[first:stop].decode()
        elif number == 2 and kind == VARINT:
            found = _signed(read_varint(data, first)[0])
        elif number == 3 and kind == VARINT:
            found = read_varint(data, first)[0] != 0
        elif number == 4 and kind == FIXED64:
            found = struct.unpack_from("<d", data, first)[0]
        elif number == 5 and kind == LENGTH:
            found = _read_slice(data, first, stop, depth + 1)
    return found


def _read_slice(data: bytes, start: int, end: int, depth: int) -> list[Any]:
    if depth > _MAX_DEPTH:
        raise Unsupported("this Debug answer", f"api.Interface nested deeper than {_MAX_DEPTH}")
    values = [
        _read_interface(data, first, stop, depth)
        for number, kind, first, stop in fields(data, start, end)
        if number == 1 and kind == LENGTH
    ]
    return [None if value is _UNSET else value for value in values]


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


_READERS: dict[str, Callable[[bytes], Any]] = {
    "protos.Logs": _logs,
    "protos.Stats": _stats,
    "protos.String": _string,
    "protos.Profile": _profile,
    "api.Interface": _interface,
}
