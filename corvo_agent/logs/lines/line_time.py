"""The time of a log line, by the one rule that searching, merging and showing share; and windows of times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidArgument
from ...timestamps import parse_rfc3339

#: Where the time of a line stands, in the order of preference: the contract's key, then what other loggers write.
TIME_KEYS = ("ts", "@timestamp", "timestamp", "time")

_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Window:
    """Times from ``since`` on and before ``until``, in nanoseconds since the epoch; None for no bound."""

    since: int | None = None
    until: int | None = None

    def __contains__(self, time: int | None) -> bool:
        if time is None:
            return not self
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None

    def __and__(self, other: Window) -> Window:
        """The times that are in both."""
        since = [bound for bound in (self.since, other.since) if bound is not None]
        until = [bound for bound in (self.until, other.until) if bound is not None]
        return Window(max(since, default=None), min(until, default=None))


#: Every line, also one without a time.
ALWAYS = Window()


class LineClock:
    """Reads the times of neighbouring lines: they share their second, so that only its fraction has to be parsed.

    Belongs to one thread.
    """

    __slots__ = ("_prefix", "_second")

    def __init__(self) -> None:
        self._prefix = ""
        self._second = 0

    def read(self, document: Mapping[str, Any]) -> int | None:
        """Nanoseconds since the epoch of the first field of ``TIME_KEYS`` that is an RFC 3339 time, or None."""
        for key in TIME_KEYS:
            text = document.get(key)
            if type(text) is str and text and (time := self._parse(text)) is not None:
                return time
        return None

    def _parse(self, text: str) -> int | None:
        # The common case without a regular expression: a comparison and one int().
        if text[:20] == self._prefix and text[-1] == "Z":
            digits = text[20:-1]
            if 0 < len(digits) < 10 and digits.isascii() and digits.isdigit():
                return self._second + int(digits.ljust(9, "0"))
        try:
            time = parse_rfc3339(text)
        except InvalidArgument:
            return None
        # A time of another zone, or without a fraction, would not share its first 20 characters with its neighbours.
        if text[-1] == "Z" and text[19] == ".":
            self._prefix = text[:20]
            self._second = time - time % _SECOND
        return time


def time_key(document: Mapping[str, Any]) -> str | None:
    """Which of ``TIME_KEYS`` holds the time of a line; None when none of them does."""
    clock = LineClock()
    return next((key for key in TIME_KEYS if clock.read({key: document.get(key)}) is not None), None)


class OrderClock:
    """Where each line of one log belongs among the lines of others. Ask for every line, in the order of the log.

    The order within a log counts more than its clock: a line that has no time (the second line of a stack, say), or
    one from before a clock was put back, stays behind the line before it.
    """

    __slots__ = ("_clock", "_latest")

    def __init__(self) -> None:
        self._clock = LineClock()
        self._latest = 0

    def place(self, document: Mapping[str, Any]) -> int:
        """Nanoseconds since the epoch, never less than for the line before; 0 until a line has a time."""
        time = self._clock.read(document)
        if time is not None and time > self._latest:
            self._latest = time
        return self._latest
