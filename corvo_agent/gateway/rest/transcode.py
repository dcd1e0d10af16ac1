"""A Debug answer from protobuf to the JSON of REST.

The bytes of ``Any.value`` become dicts and orjson writes those. Keys of a record are sorted, as Go writes maps.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import betterproto
import orjson

from ..._generated.api import Interface
from ...diagnostics.messages.payloads import (
    decode_logs,
    decode_logs_in_parts,
    decode_profile,
    decode_stats,
    decode_string,
)
from ...diagnostics.query import Payload
from ...errors import DecodeError, RemoteError, Unsupported
from ...protobuf.codec import decode
from ..objects.module_messages import module_json

_UNSET = object()
#: Bytes of an answer from which on it is turned into JSON in a thread: some milliseconds of work.
LARGE = 256 << 10
_AT_ONCE = 512  # records of a large answer


def payload_json(payload: Payload) -> bytes:
    """``{"diagnostics":...}`` for an answer, ``{}`` for one without a message.

    Raises Unsupported for a message type that has no JSON here, RemoteError for bytes that are not of its type.
    """
    if is_logs(payload) and len(payload.value) >= LARGE:
        return _large_logs(payload.value)
    return orjson.dumps(payload_object(payload), option=orjson.OPT_SORT_KEYS)


def is_logs(payload: Payload) -> bool:
    """Whether it is a protos.Logs."""
    return payload.type_url.rpartition("/")[2] == "protos.Logs"


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
        raise unreadable(error) from error


def _logs(value: bytes) -> dict[str, Any]:
    return {"logs": _entries(decode_logs(value)) or None}


def _entries(records: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{"log": record} if record else {} for record in records]


def _large_logs(value: bytes) -> bytes:
    """The JSON of protos.Logs, made of a part of its records at a time."""
    written, before = BytesIO(), b'{"diagnostics":{"logs":['
    try:
        for records in decode_logs_in_parts(value, _AT_ONCE):
            written.write(before + orjson.dumps(_entries(records), option=orjson.OPT_SORT_KEYS)[1:-1])
            before = b","
    except DecodeError as error:
        raise unreadable(error) from error
    if not written.tell():
        return orjson.dumps({"diagnostics": {"logs": None}})
    written.write(b"]}}")
    return written.getvalue()


def unreadable(error: DecodeError) -> RemoteError:
    """What a caller hears of an answer that is not what it says."""
    # The agent sent it: what the caller asked for was right.
    return RemoteError("the agent", "DATA_LOSS", str(error))


def _stats(value: bytes) -> dict[str, Any]:
    stats = decode_stats(value)
    return {"stats": stats} if stats else {}


def _string(value: bytes) -> dict[str, Any]:
    content = decode_string(value)
    return {"string": content} if content else {}


def _profile(value: bytes) -> dict[str, Any]:
    buffer = decode_profile(value)
    return {"buffer": base64.b64encode(buffer).decode()} if buffer else {}


def _interface(value: bytes) -> Any:
    found = _plain(decode(Interface, value))
    if found is _UNSET:
        raise Unsupported("this Debug answer", "json: error calling MarshalJSON for type *api.Interface: no value")
    return found


def _plain(message: Interface) -> Any:
    """The value of the oneof, _UNSET when there is none; in a slice that is null."""
    value: Any
    name, value = betterproto.which_one_of(message, "Value")
    if name == "interfaces":
        values = [_plain(each) for each in value.values]
        return [None if each is _UNSET else each for each in values]
    return value if name else _UNSET


_READERS: dict[str, Callable[[bytes], Any]] = {
    "protos.Logs": _logs,
    "protos.Stats": _stats,
    "protos.String": _string,
    "protos.Profile": _profile,
    "api.Interface": _interface,
    "diagnostics.Module": module_json,
}
