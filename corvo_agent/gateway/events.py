"""What a watcher is told, in a form that a thousand watchers can share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from ..modules.kv import ChangeType
from .entry import Entry

_HEADS = {type: f'{{"type":"{type.value}","object":'.encode() for type in ChangeType}


class Event:
    """One change of one Module. ``before`` is the state that it replaced, None when that is not known."""

    __slots__ = ("before", "entry", "revision", "type")

    def __init__(self, type: ChangeType, revision: int, entry: Entry, before: Entry | None = None) -> None:
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
    def json(self) -> bytes:
        """``{"events":[...]}``, as a WebSocket gets it."""
        return b'{"events":[' + b",".join([event.json for event in self.events]) + b"]}"

    @cached_property
    def json_line(self) -> bytes:
        """``{"result":{"events":[...]}}`` and a newline, as a chunked response gets it."""
        return b'{"result":' + self.json + b"}\n"
