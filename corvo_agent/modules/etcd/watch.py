"""Reads the messages of one watch: what etcd says about the watch itself, and the events of whole revisions.

Sans I/O. A revision is whole when etcd has sent all its events: a transaction or the deletion of a prefix writes
many keys at one revision, large messages come in fragments, and a client that resumes behind the last revision seen
must not have seen only a part of it.
"""

from __future__ import annotations

from typing import Any

from ...errors import Compacted, DecodeError, PermissionRefused, ResourceExhausted
from ..json.stream import parse_object
from .errors import FailedAttempt, Kind, from_cancel_reason, from_stream_error
from .messages import Json, integer, objects


class WatchReader:
    """One watch of ``peer`` from revision ``start``. A revision whose events exceed ``limit`` bytes is refused."""

    def __init__(self, peer: str, start: int, limit: int) -> None:
        self.peer = peer
        #: The id of the member behind it, once the watch is on.
        self.member = ""
        self._start = start
        self._limit = limit
        self._held: list[Json] = []
        self._held_bytes = 0

    def opened(self, message: bytes) -> FailedAttempt | None:
        """Read the first message: None when the watch is on. Raises DecodeError."""
        result, failure = self._result(message)
        if failure is not None and failure.kind is Kind.FINAL and isinstance(failure.error, PermissionRefused):
            # etcd 3.5 up to 3.5.1 cancels with PermissionDenied when the token has expired, as for a real refusal.
            return FailedAttempt(Kind.TOKEN, failure.error)
        if failure is None and result.get("created") is not True:
            raise DecodeError(f"the first message of a watch of {self.peer}", "the watch was not created")
        header = result.get("header")
        self.member = str(header.get("member_id", "")) if isinstance(header, dict) else ""
        return failure

    def take(self, message: bytes) -> list[Json]:
        """The events that ``message`` makes whole, in order, not decoded yet.

        Raises what ended the watch: Compacted, Unavailable, PermissionRefused, RemoteError; DecodeError when the
        message is not one of etcd's; ResourceExhausted when the events of one revision exceed the bound.
        """
        result, failure = self._result(message)
        if failure is not None:
            raise failure.error
        try:
            events = objects(result, "events")
            if not self._held and not result.get("fragment"):
                return events
            events = self._held + events
            whole = self._whole(events) if result.get("fragment") else len(events)
        except (KeyError, TypeError, ValueError) as error:
            raise DecodeError(f"a message of a watch of {self.peer}", f"unexpected form: {error}") from error
        self._held = events[whole:]
        # Held events all belong to one revision: when older ones were given, the rest came with this message.
        self._held_bytes = len(message) + (0 if whole else self._held_bytes) if self._held else 0
        if self._held_bytes > self._limit:
            raise ResourceExhausted("bytes of the changes of one revision", self._limit, self._held_bytes)
        return events[:whole]

    def _result(self, message: bytes) -> tuple[Json, FailedAttempt | None]:
        parsed = parse_object(message)
        if "error" in parsed:
            return {}, from_stream_error(self.peer, parsed["error"])
        result: Any = parsed.get("result")
        if not isinstance(result, dict):
            raise DecodeError(f"a message of a watch of {self.peer}", "it holds neither a result nor an error")
        return result, self._canceled(result) if result.get("canceled") else None

    def _canceled(self, result: Json) -> FailedAttempt:
        try:
            compacted = integer(result, "compact_revision")
        except (TypeError, ValueError) as error:
            raise DecodeError(f"a message of a watch of {self.peer}", f"unexpected form: {error}") from error
        if compacted:
            return FailedAttempt(Kind.FINAL, Compacted(self._start, compacted))
        return from_cancel_reason(self.peer, str(result.get("cancel_reason", "")))

    @staticmethod
    def _whole(events: list[Json]) -> int:
        """How many of the events belong to revisions before the last one."""
        whole = len(events)
        last = events[-1]["kv"]["mod_revision"] if events else ""
        while whole and events[whole - 1]["kv"]["mod_revision"] == last:
            whole -= 1
        return whole
