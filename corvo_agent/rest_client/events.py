"""Splits a stream of Server-Sent Events into the JSON objects that they carry: bytes in, batches out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from ..errors import DecodeError
from ..modules.json.stream import JsonStream

_DATA = b"data: "
#: Bytes that one event may have.
EVENT_BYTES = 16 << 20


class EventBatches:
    """Collects chunks; a batch is what the other end has written in one go.

    A batch that is cut off is never given out: the cursor to resume from stands at its end, so a reader that had
    shown its beginning would show that again after reconnecting.
    """

    def __init__(self) -> None:
        self._lines = JsonStream(EVENT_BYTES)
        self._batch: list[dict[str, Any]] = []

    def feed(self, chunk: bytes, *, ends: bool) -> list[dict[str, Any]]:
        """The batch that is whole with ``chunk``, maybe an empty one; ``ends``: the other end wrote so far in one go.

        Raises DecodeError for a malformed event, ResourceExhausted for one longer than ``EVENT_BYTES``.
        """
        self._batch += self._read(self._lines.feed(chunk))
        if not ends or self._lines.pending:
            return []
        batch, self._batch = self._batch, []
        return batch

    def _read(self, lines: list[bytes]) -> Iterator[dict[str, Any]]:
        for line in lines:
            if line.startswith(_DATA):
                yield read_object(line[len(_DATA) :])
            # A line that begins with a colon is a comment: the gateway's sign of life.
            elif not line.startswith(b":"):
                raise DecodeError("an event of the gateway", "it is neither data nor a comment")


def read_object(data: bytes | str, what: str = "an event of the gateway") -> dict[str, Any]:
    """The JSON object in ``data``. Raises DecodeError naming ``what``."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise DecodeError(what, f"it is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise DecodeError(what, f"it is {type(value).__name__}, not an object")
    return value
