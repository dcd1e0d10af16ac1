"""What a watcher is told, in a form that a thousand watchers can share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from ...modules.kv import ChangeType
from .cached_module import CachedModule

_HEADS = {type: f'{{"type":"{type.value}","object":'.encode() for type in ChangeType}


class Event:
    """One change of one Module. ``before`` is the state that it replaced, None when that is not known."""

    __slots__ = ("before", "entry", "revision", "type")

    def __init__(
        self, type: ChangeType, revision: int, entry: CachedModule, before: CachedModule | None = None
    ) -> None:
        self.type = type
        self.revision = revision
        self.entry = entry
        self.before = before

    @property
    def json(self) -> bytes:
        """``{"type":"Created","object":{...}}``."""
        return _HEADS[self.type] + self.entry.json + b"}"

    def __repr__(self) -> str:
        return f"Event({self.type.value} {self.entry.module.name!r} at {self.revision})"


class EventBatch:
    """Events that are sent together. What is written of them is made once, for the first watcher that needs it."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = tuple(events)
        #: What other encoders have written of it, by encoder.
        self.encoded: dict[object, bytes] = {}

    def __len__(self) -> int:
        return len(self.events)

    @cached_property
    def text(self) -> bytes:
        """``{"events":[...]}`` and a newline, as a WebSocket gets it."""
        return self._join(b"", b"\n")

    @cached_property
    def frame(self) -> bytes:
        """``text`` as a WebSocket frame of a server (RFC 6455), whole and not compressed."""
        text = self._join(b"", b"\n")
        size = len(text)
        if size < 126:
            return b"\x81%c" % size + text
        return (b"\x81\x7e" + size.to_bytes(2) if size < 1 << 16 else b"\x81\x7f" + size.to_bytes(8)) + text

    @cached_property
    def line(self) -> bytes:
        """``{"result":{"events":[...]}}`` and a newline, as a response gets it."""
        return self._join(b'{"result":', b"}\n")

    @cached_property
    def chunk(self) -> bytes:
        """``line`` as a chunk of a chunked response (RFC 9112)."""
        line = self._join(b'{"result":', b"}\n")
        return b"%x\r\n" % len(line) + line + b"\r\n"

    def _join(self, head: bytes, tail: bytes) -> bytes:
        # Not made from one another: a watcher needs one form, and each that is kept has the size of all events.
        return head + b'{"events":[' + b",".join([event.json for event in self.events]) + b"]}" + tail
