"""The moment that a value in a log line means: text in any usual form, or a number since the epoch in any unit."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final, Literal

from ...errors import InvalidArgument
from .time_forms import MONTHS, ZONE_NAMES, patterns

#: Stands for a zone where a time that states none is not to be taken for one.
NO_ZONE: Final = "none"

_SECOND = 10**9
_DAY = 86400 * _SECOND
_LONGEST = 100  # characters of a time

# Seconds since the epoch before 1973 are taken for what they mostly are: counters, or seconds since a start.
_LEAST = 10**8
# The numbers up to which a unit is taken, and nanoseconds in it: seconds until the year 5138, and so on.
_UNITS = ((10**11, _SECOND), (10**14, 10**6), (10**17, 10**3), (10**19, 1))
_EPOCH = re.compile(r"(\d{9,19})(?:\.(\d{1,30}))?", re.ASCII)
_OFFSET = re.compile(r"(?:[A-Z]{3,4})?([+-])(\d\d):?(\d\d)?", re.ASCII)

#: Keys of the objects that some write for a time, and the nanoseconds that one stands for: log4j2, Google, MongoDB.
_WHOLE = ("epochSecond", "seconds", "timestamp", "$date", "repr")
_REST = ("nanoOfSecond", "nanos")


class TimeReader:
    """Reads the times of one file's lines.

    ``zone`` is that of times which do not state one, None for the host's; such times are none with ``NO_ZONE``.
    ``latest`` are nanoseconds since the epoch
    than which no line is newer by a day: a time without a year is in the last year that keeps to it.
    """

    __slots__ = ("_base", "_hour", "_latest", "_prefix", "_second", "_zone", "is_zone_assumed")

    def __init__(self, zone: tzinfo | Literal["none"] | None = None, latest: Callable[[], int] | int = 1 << 62) -> None:
        self._zone = zone
        self._latest = latest
        self._hour: tuple[Any, ...] = ()
        self._base = 0
        self._prefix = ""
        self._second = 0
        #: Whether a time was read that states no zone.
        self.is_zone_assumed = False

    def read(self, value: Any) -> int | None:
        """Nanoseconds since the epoch that a value of a field means, or None."""
        if type(value) is str:
            return self.read_text(value)
        if type(value) is int:
            return _scaled(value, "")
        if type(value) is float:
            return self._read_epoch(repr(value)) if value < 1e15 else _scaled(int(value), "") if value < 1e19 else None
        return self._read_object(value) if type(value) is dict else None

    def read_text(self, text: str) -> int | None:
        """Nanoseconds since the epoch that a text means as a whole, or None."""
        # Neighbouring lines share their second: then only its fraction has to be read.
        if text[:20] == self._prefix and text[-1:] == "Z":
            digits = text[20:-1]
            if 0 < len(digits) < 10 and digits.isascii() and digits.isdigit():
                return self._second + int(digits.ljust(9, "0"))
        if len(text) > _LONGEST:
            return None
        text = text.strip()
        text = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text
        for pattern in patterns():
            match = pattern.fullmatch(text)
            if match is not None:
                time = self._moment(match.groupdict())
                if time is not None and text[-1] == "Z" and text[19:20] == ".":
                    self._prefix, self._second = text[:20], time - time % _SECOND
                return time
        return self._read_epoch(text)

    @staticmethod
    def _read_epoch(text: str) -> int | None:
        match = _EPOCH.fullmatch(text)
        return None if match is None else _scaled(int(match[1]), match[2] or "")

    def _read_object(self, value: dict[str, Any]) -> int | None:
        for key in _WHOLE:
            inner = value.get(key)
            found = None if type(inner) is dict else self.read(inner)
            if found is not None:
                rest = next((value[name] for name in _REST if type(value.get(name)) is int), 0)
                return found + rest if 0 <= rest < _SECOND else found
        return None

    def _moment(self, parts: dict[str, str | None]) -> int | None:
        if "unsure" in parts:
            return None
        month = int(parts.get("month") or MONTHS[parts["month_name"] or ""])
        hour = _on_24_hours(int(parts["hour"] or 0), parts.get("half"))
        minute, second = int(parts["minute"] or 0), int(parts["second"] or 0)
        if hour > 23 or minute > 59 or second > 60:
            return None
        rest = (minute * 60 + second) * _SECOND + int((parts.get("fraction") or "0").ljust(9, "0")[:9])
        zone = (parts.get("zone") or "").strip()
        year = parts.get("year") or (f"20{parts['short_year']}" if parts.get("short_year") else None)
        if year is None:
            return self._nearest_past(month, int(parts["day"] or 0), hour, rest)
        key = (year, month, parts["day"], hour, zone)
        if key != self._hour:
            base = self._start_of_hour(int(year), month, int(parts["day"] or 0), hour, zone)
            if base is None:
                return None
            self._hour, self._base = key, base
        elif not zone:
            self.is_zone_assumed = True
        return self._base + rest

    def _nearest_past(self, month: int, day: int, hour: int, rest: int) -> int | None:
        latest = self._latest if isinstance(self._latest, int) else self._latest()
        last = min(latest + _DAY, 250_000_000_000 * _SECOND)
        year = datetime.fromtimestamp(last // _SECOND, UTC).year + 1
        # Eight years have a leap day among them also at the end of a century.
        for candidate in range(year, max(year - 10, 0), -1):
            base = self._start_of_hour(candidate, month, day, hour, "")
            if base is not None and base + rest <= last:
                return base + rest
        return None

    def _start_of_hour(self, year: int, month: int, day: int, hour: int, zone: str) -> int | None:
        try:
            stated = self._zone_of(zone)
            if stated == NO_ZONE:
                return None
            moment = datetime(year, month, day, hour, tzinfo=stated)
            if moment.tzinfo is None:
                return round(moment.timestamp()) * _SECOND
            return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * _SECOND
        except (ValueError, OverflowError, OSError):  # no such date
            return None

    def _zone_of(self, zone: str) -> tzinfo | Literal["none"] | None:
        if not zone:
            self.is_zone_assumed = True
            return self._zone
        if zone in "zZ":
            return UTC
        if (offset := _OFFSET.fullmatch(zone)) is not None:
            length = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
            return timezone(-length if offset[1] == "-" else length)
        return timezone(timedelta(seconds=ZONE_NAMES[zone]))


def parse_zone(text: str, what: str = "log-zone") -> tzinfo | None:
    """The zone that ``text`` names: ``local`` (None), ``UTC``, ``+02:00``, ``Europe/Berlin``.

    Raises InvalidArgument naming ``what``.
    """
    stripped = text.strip()
    if stripped.lower() == "local":
        return None
    if stripped.upper() in ("UTC", "Z"):
        return UTC
    offset = _OFFSET.fullmatch(stripped)
    if offset is not None and int(offset[2]) < 24 and int(offset[3] or 0) < 60:
        length = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(-length if offset[1] == "-" else length)
    # Late: few name a zone.
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(stripped)
    except (ValueError, OSError, KeyError) as error:
        reason = "no time zone such as local, UTC, +02:00 or Europe/Berlin"
        raise InvalidArgument(what, text, reason) from error


def _scaled(number: int, fraction: str) -> int | None:
    """Nanoseconds of a number since the epoch whose size tells its unit."""
    if number < _LEAST:
        return None
    unit = next((unit for most, unit in _UNITS if number < most), None)
    if unit is None:
        return None
    digits = len(str(unit)) - 1
    return number * unit + (int(fraction.ljust(digits, "0")[:digits]) if digits and fraction else 0)


def _on_24_hours(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    return 99 if not 1 <= hour <= 12 else hour % 12 + (12 if half == "PM" else 0)
