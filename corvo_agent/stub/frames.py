"""What a stub and its hub send each other: messages of JSON with bytes behind them, over a stream.

A message is two lengths of four bytes each (big-endian), that of its JSON object and that of the bytes, and then both.
Under ``t`` the object says what it is: see ``messages.py``.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

from ..errors import DecodeError

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
        """The messages that are complete now. Raises DecodeError for what no stub or hub sends."""
        self._data += data
        while len(self._data) >= _HEAD.size:
            text, body = _HEAD.unpack_from(self._data)
            if text > MAX_OBJECT or body > MAX_BODY:
                raise DecodeError("message between stub and hub", f"it says that it has {text} and {body} bytes")
            middle = _HEAD.size + text
            if len(self._data) < middle + body:
                return
            packed, rest = bytes(self._data[_HEAD.size : middle]), bytes(self._data[middle : middle + body])
            del self._data[: middle + body]
            try:
                message = json.loads(packed)
            except ValueError as error:
                raise DecodeError("message between stub and hub", f"not JSON: {error}") from error
            if not isinstance(message, dict):
                raise DecodeError("message between stub and hub", "not a JSON object")
            yield message, rest
