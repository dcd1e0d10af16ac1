"""Moments as people write them on a command line, as the parameters that an agent reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import InvalidArgument
from ...logs.dialects.times import TimeReader
from ...timestamps import format_rfc3339, parse_duration

_EPOCH = re.compile(r"\d{9,19}(?:\.\d+)?", re.ASCII)
_DAYS = {"today": 0, "yesterday": 1}
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_SHORT = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d)", re.ASCII)


def moment(text: str, option: str, clock: Clock = SYSTEM_CLOCK) -> str:
    """The time that ``text`` is, as RFC 3339 in UTC; a duration (``10m``, back from now) stays one.

    Besides RFC 3339: a date and a time, a date (its beginning), a time of today (``08:30``), ``now``, ``today`` and
    ``yesterday`` (their beginnings), and a number since the epoch in seconds, milli-, micro- or nanoseconds. A time
    that states no zone is of the zone of this machine. Raises click.UsageError naming ``option``.
    """
    stripped = text.strip()
    now = datetime.fromtimestamp(clock.time_ns() / 1e9)
    word = stripped.lower()
    if word == "now":
        return format_rfc3339(clock.time_ns())
    if word in _DAYS:
        stripped = f"{now - timedelta(days=_DAYS[word]):%Y-%m-%d}"
    if (time := _CLOCK.fullmatch(stripped)) is not None:
        stripped = f"{now:%Y-%m-%d} {time[1]}:{time[2]}:{time[3] or '00'}"
    elif _DATE.fullmatch(stripped):
        stripped += " 00:00:00"
    elif _SHORT.fullmatch(stripped):
        stripped += ":00"
    elif not _EPOCH.fullmatch(stripped) and _is_duration(stripped):
        return stripped
    found = TimeReader(None, clock.time_ns).read_text(stripped)
    if found is None:
        raise click.UsageError(
            f"{option} {text}: neither a time (2026-11-24T08:30:00Z, 2026-11-24, 08:30, yesterday, seconds since the "
            "epoch) nor a duration such as 10m"
        )
    return format_rfc3339(found)


def day(text: str, option: str, clock: Clock = SYSTEM_CLOCK) -> tuple[str, str]:
    """The beginning and the end of the day that ``text`` is: a date, ``today``, ``yesterday``; in this machine's zone.

    Raises click.UsageError naming ``option``.
    """
    word = text.strip().lower()
    date = datetime.fromtimestamp(clock.time_ns() / 1e9) - timedelta(days=_DAYS.get(word, 0))
    if word not in _DAYS:
        try:
            date = datetime.strptime(word, "%Y-%m-%d")
        except ValueError as error:
            raise click.UsageError(f"{option} {text}: not a date such as 2026-11-24, today or yesterday") from error
    start = datetime(date.year, date.month, date.day)
    # A day on which clocks change has 23 or 25 hours.
    return _utc(start), _utc(start + timedelta(days=1))


def _utc(local: datetime) -> str:
    return f"{local.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except InvalidArgument:
        return False
    return True
