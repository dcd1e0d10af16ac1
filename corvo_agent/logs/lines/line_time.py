"""The time of a log line, by the one rule that searching, merging and showing share; and windows of times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..dialects.fields import TIME_KEYS
from ..dialects.times import NO_ZONE, TimeReader

_STAMP = "@timestamp"
_OTHERS = tuple(key for key in TIME_KEYS if key not in ("ts", _STAMP))
_MILLI = 10**6
#: The place of a line until its log has told a time.
BEFORE_ALL = -(1 << 63)


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
    """Reads the times of records, wherever in the world they were made: a time counts only if it states its zone.

    The engine, which knows the zone of a file, has given each record a ``ts`` or an ``@timestamp`` that does. Belongs
    to one thread.
    """

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times = TimeReader(NO_ZONE)

    def read(self, record: Mapping[str, Any]) -> int | None:
        """Nanoseconds since the epoch of the first field of ``TIME_KEYS`` that is a time with its zone, or None."""
        text = record.get("ts")
        if text and (time := self._times.read(text)) is not None:
            return time
        stamp = self._times.read(record.get(_STAMP))
        for key in _OTHERS:
            value = record.get(key)
            if value and (time := self._times.read(value)) is not None:
                # The stamp has milliseconds only; what it was made of may be finer.
                return time if stamp is None or stamp // _MILLI == time // _MILLI else stamp
        return stamp


def time_key(record: Mapping[str, Any]) -> str | None:
    """Which field of a record to show as its time: a date before a number; None when it has neither.

    ``@timestamp``, which may have been made of another field, comes after one that says the same.
    """
    clock = TimeReader(NO_ZONE)
    times = {key: time for key in TIME_KEYS if (value := record.get(key)) and (time := clock.read(value)) is not None}
    dates = [key for key in times if "-" in str(record[key])]
    if not dates or dates[0] != _STAMP:
        return next(iter(dates or times), None)
    return next((key for key in dates[1:] if times[key] // _MILLI == times[_STAMP] // _MILLI), _STAMP)


class OrderClock:
    """Where each line of one log belongs among the lines of others. Ask for every line, in the order of the log.

    The order within a log counts more than its clock: a line that has no time (the second line of a stack, say), or
    one from before a clock was put back, stays behind the line before it. ``descending``: the newest line comes first.
    """

    __slots__ = ("_clock", "_last", "_sign")

    def __init__(self, *, descending: bool = False) -> None:
        self._clock = LineClock()
        self._sign = -1 if descending else 1
        self._last: int | None = None

    def place(self, document: Mapping[str, Any]) -> int:
        """A number never less than for the line before: the time in nanoseconds since the epoch, or its negative.

        Until a line has a time it is what comes before all of them.
        """
        time = self._clock.read(document)
        if time is not None:
            place = self._sign * time
            if self._last is None or place > self._last:
                self._last = place
        return BEFORE_ALL if self._last is None else self._last
