"""Splits the byte stream of etcd's JSON gateway into messages: one compact JSON object per line.

Sans I/O: bytes in, messages out. The last object of a dying server has no newline behind it, so the end of the
stream ends a message too.
"""

from __future__ import annotations

from typing import Any

import orjson

from ...errors import DecodeError, ResourceExhausted

DEFAULT_LIMIT = 64 * 1024 * 1024
"""Bytes that one message may have, unless told otherwise: far above the 1.5 MiB of a value in etcd's default."""


class JsonStream:
    """Collects chunks until a message is whole; every byte is looked at once, however small the chunks are.

    A message of more than ``limit`` bytes is refused with ResourceExhausted, by the call after the one that gave the
    messages before it. After that the stream is useless: every call raises again.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def pending(self) -> int:
        """Bytes of the message that is not whole yet."""
        return self._size

    def feed(self, chunk: bytes) -> list[bytes]:
        """The messages that ``chunk`` completes, without their newlines. Raises ResourceExhausted."""
        end = chunk.find(b"\n")
        if end == len(chunk) - 1 and 0 < end <= self._limit and not self._parts and not chunk.isspace():
            # As etcd sends them: one by itself.
            return [chunk[:-1]]
        *lines, rest = chunk.split(b"\n")
        messages: list[bytes] = []
        for line in lines:
            if self._parts:
                self._append(line)
                line = b"".join(self._parts)
                self._parts.clear()
                self._size = 0
            if len(line) > self._limit:
                # It stays pending, for the next call to refuse it when there is something to give before.
                rest = line
                break
            if line and not line.isspace():
                messages.append(line)
        if rest:
            self._append(rest)
        if not messages:
            self.check()
        return messages

    def finish(self) -> list[bytes]:
        """At the end of the stream: what came after the last newline. Raises ResourceExhausted."""
        self.check()
        message = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        return [message] if message and not message.isspace() else []

    def check(self) -> None:
        """Raise ResourceExhausted when the message that is not whole yet is too long already."""
        if self._size > self._limit:
            self._parts.clear()  # the memory is wanted back even when the stream is kept
            raise ResourceExhausted("bytes of one message of a stream", self._limit, self._size)

    def _append(self, part: bytes) -> None:
        self._parts.append(part)
        self._size += len(part)


def parse_object(message: bytes) -> dict[str, Any]:
    """The JSON object that ``message`` holds. Raises DecodeError when it is not JSON or not an object."""
    try:
        parsed = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise DecodeError("a message of etcd", f"it is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise DecodeError("a message of etcd", f"it is {type(parsed).__name__}, not an object")
    return parsed
