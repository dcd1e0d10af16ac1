"""Messages of JSON with bytes behind them over a stream: how the processes of one machine talk that belong together.

A message is two lengths of four bytes each (big-endian), that of its JSON object and that of the bytes, and then both.
Under ``t`` the object says what it is: see ``stub/messages.py`` for those between a stub and its hub. Errors of ours
travel in them, so that what is raised in one process is raised in the one that asked it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from . import errors
from .errors import CorvoError, DecodeError, RemoteError

_HEAD = struct.Struct(">II")
#: Longest JSON object of a message, in bytes.
MAX_OBJECT = 8 << 20
#: Longest bytes behind it.
MAX_BODY = 256 << 20


def pack(message: dict[str, Any], body: bytes = b"") -> bytes:
    """The message as it is sent."""
    text = json.dumps(message, separators=(",", ":")).encode()
    return _HEAD.pack(len(text), len(body)) + text + body


class Unpacker:
    """Finds the messages in what comes: ``feed`` it as it arrives, in pieces of any size."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
        """The messages that are complete now. Raises DecodeError for anything else."""
        self._data += data
        while len(self._data) >= _HEAD.size:
            text, body = _HEAD.unpack_from(self._data)
            if text > MAX_OBJECT or body > MAX_BODY:
                raise DecodeError("message", f"it says that it has {text} and {body} bytes")
            middle = _HEAD.size + text
            if len(self._data) < middle + body:
                return
            packed, rest = bytes(self._data[_HEAD.size : middle]), bytes(self._data[middle : middle + body])
            del self._data[: middle + body]
            try:
                message = json.loads(packed)
            except ValueError as error:
                raise DecodeError("message", f"not JSON: {error}") from error
            if not isinstance(message, dict):
                raise DecodeError("message", "not a JSON object")
            yield message, rest


def pack_error(error: BaseException) -> dict[str, Any]:
    """``error`` in JSON types; one that is none of ours is told by its text."""
    arguments = list(error.args) if isinstance(error, CorvoError) and type(error).__name__ in errors.__all__ else None
    if arguments is not None and all(_is_plain(value) for value in arguments):
        return {"type": type(error).__name__, "args": arguments}
    return {"type": "", "args": [f"{type(error).__name__}: {error}"]}


def unpack_error(packed: Mapping[str, Any], peer: str) -> CorvoError:
    """The error that ``peer`` has raised."""
    arguments = [tuple(value) if isinstance(value, list) else value for value in packed["args"]]
    kind = getattr(errors, packed["type"]) if packed["type"] in errors.__all__ else None
    if isinstance(kind, type) and issubclass(kind, CorvoError):
        try:
            return kind(*arguments)
        except TypeError:
            # Of another version of this package.
            pass
    return RemoteError(peer, "INTERNAL", ", ".join(map(str, arguments)))


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, str | int | float)
