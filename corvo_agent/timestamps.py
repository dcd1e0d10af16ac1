"""RFC 3339 with nanoseconds, which datetime cannot hold: a time is an int, nanoseconds since the epoch, UTC.

0 stands for "no time" and is the empty text, as in the wire contract.
"""

from __future__ import annotations

import calendar
import re
import time

from .errors import InvalidArgument

#: The longest that a person may let something hold, 285 years in nanoseconds: no lease of etcd's lasts longer.
LONGEST_HOLD = 285 * 365 * 86400 * 10**9

# RFC 3339, section 5.6, and what people write besides: a space for the T, a comma, a zone without its colon.
_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9})\d*)?(?:[Zz]|([+-])(\d{2}):?(\d{2}))",
    re.ASCII,
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def parse_rfc3339(text: str, what: str = "time") -> int:
    """Nanoseconds since the epoch; "" is 0. Digits past the ninth are dropped.

    Raises InvalidArgument naming ``what`` when ``text`` is not a time with a date, a time of day and a zone.
    """
    if text == "":
        return 0
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise InvalidArgument(what, text, "not an RFC 3339 time such as 2026-11-23T04:02:06.5Z")
    year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
    # Second 60 is a leap second; it counts as the first one of the next minute.
    if not (year and 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and hour < 24 and minute < 60 and second <= 60):
        raise InvalidArgument(what, text, "no such date or time of day")
    if month == 2 and day == 29 and not calendar.isleap(year):
        raise InvalidArgument(what, text, "no such date or time of day")
    seconds = calendar.timegm((year, month, day, hour, minute, second))
    fraction, sign, zone_hour, zone_minute = match.group(7, 8, 9, 10)
    if sign:
        offset = int(zone_hour) * 3600 + int(zone_minute) * 60
        seconds += offset if sign == "-" else -offset
    return seconds * 1_000_000_000 + (int(fraction.ljust(9, "0")) if fraction else 0)


def format_rfc3339(nanoseconds: int) -> str:
    """The time as ``2026-11-23T04:02:06.426062124Z`` with trailing zeros of the fraction left out; 0 is ""."""
    if nanoseconds == 0:
        return ""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    # strftime's %Y leaves out the zeros that the format demands before year 1000.
    text = "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}".format(*time.gmtime(seconds)[:6])
    if fraction:
        text += f".{fraction:09d}".rstrip("0")
    return text + "Z"


def format_millis(nanoseconds: int) -> str:
    """The time as ``2026-11-23T04:02:06.426Z``: always three digits, as ``@timestamp`` has."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction // 1_000_000:03d}Z"


_UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86400 * 10**9,
}
_BEGINS_WITH_DATE = re.compile(r"\s*\d{4}-\d\d-\d\dT", re.ASCII | re.IGNORECASE)
_LONGEST_DURATION = 40  # characters
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)", re.ASCII)


def parse_duration(text: str, what: str = "duration") -> int:
    """Nanoseconds of ``10m``, ``1h30m``, ``1.5s``, ``2d``; a bare number is seconds.

    Raises InvalidArgument naming ``what`` otherwise, negative ones included.
    """
    # Before its digits are looked at: those of a long one would be gone through again from each of them, and a number
    # of hundreds is infinite.
    if len(text) > _LONGEST_DURATION:
        raise InvalidArgument(what, text, "too long for a duration such as 90s, 10m or 1h30m")
    stripped = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", stripped, re.ASCII):
        return round(float(stripped) * 10**9)
    parts = _DURATION.findall(stripped)
    if not parts or "".join(number + unit for number, unit in parts) != stripped:
        raise InvalidArgument(what, text, "not a duration such as 90s, 10m or 1h30m")
    return sum(round(float(number) * _UNITS[unit]) for number, unit in parts)


def parse_moment(text: str, now: int, what: str = "time") -> int:
    """The moment that ``text`` names, in nanoseconds since the epoch: an RFC 3339 time, or how long before ``now``.

    Raises InvalidArgument naming ``what`` otherwise.
    """
    if _BEGINS_WITH_DATE.match(text):
        return parse_rfc3339(text.strip(), what)
    try:
        return now - parse_duration(text, what)
    except InvalidArgument as error:
        reason = "neither an RFC 3339 time such as 2026-11-23T04:02:06Z nor a duration such as 10m"
        raise InvalidArgument(what, text, reason) from error


def format_duration(nanoseconds: int) -> str:
    """A duration for people: the two largest units, as ``1h30m`` or ``9m58s``; below a second ``0s``."""
    seconds = nanoseconds // 10**9
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"
