"""The ways to write a moment as text that programs use in their logs, as regular expressions.

Each form gives the parts of a date and of a time of day. A form without a year (klog, syslog, logcat) leaves it open.
A time of day alone is no moment: nothing tells its day. Nor is a date that is ``unsure``: it only shows where a time
stands.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

MONTHS: Mapping[str, int] = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}

#: Zones that loggers name by letters, in seconds east of Greenwich. Names that mean several zones are left out, except
#: those of North America, which are meant by them nearly everywhere.
ZONE_NAMES: Mapping[str, int] = {
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 3600,
    "CET": 3600,
    "CEST": 7200,
    "MEZ": 3600,
    "MESZ": 7200,
    "EET": 7200,
    "EEST": 10800,
    "MSK": 10800,
    "JST": 32400,
    "KST": 32400,
    "SGT": 28800,
    "HKT": 28800,
    "AEST": 36000,
    "AEDT": 39600,
    "NZST": 43200,
    "NZDT": 46800,
    "EST": -18000,
    "EDT": -14400,
    "CST": -21600,
    "CDT": -18000,
    "MST": -25200,
    "MDT": -21600,
    "PST": -28800,
    "PDT": -25200,
}

_FRACTION = r"(?:(?:[.,]|:(?=\d{3}(?!\d)))(?P<fraction>\d{1,18}))?"
_CLOCK = rf"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d){_FRACTION}"
_NAMES = "|".join(ZONE_NAMES)
_MONTH = f"(?P<month_name>{'|'.join(MONTHS)})[a-z]{{0,6}}"
#: The expression of a day of the week, with the blank behind it.
WEEKDAY = "(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? "
_WEEKDAY = f"(?:{WEEKDAY})?"
_ZONE = (
    r"(?P<zone>[+-]\d\d(?::?\d\d)?(?![\d:])| ?[+-]\d\d:?\d\d(?![\d:])|[zZ](?![A-Za-z])"
    rf"| ?(?:{_NAMES})(?:[+-]\d\d:?\d\d)?(?![A-Za-z]))?"
    # and once more by name, as Java, JavaScript and Go write it
    r"(?:\[[A-Za-z_/+-]{1,40}\]|(?<=GMT[+-]\d{4}) \([^()]{1,60}\)"
    rf"|(?<=\d\d) (?:{_NAMES})(?![A-Za-z])(?: m=[+-][\d.]{{1,30}})?)?"
)
_UNSURE = r"(?:0\d|1[0-2])/\d\d/\d\d"
_YEAR, _NUMBER, _DAY = r"(?P<year>\d{4})", r"(?P<month>\d\d)", r"(?P<day>\d\d)"

#: The forms, each of which matches at the start of a text. Of two that match, the first one counts.
FORMS: tuple[str, ...] = (
    # RFC 3339 and what resembles it: Python's logging, Java, Go's log, nginx.
    # Seconds may be missing.
    f"{_WEEKDAY}{_YEAR}[-/.]{_NUMBER}[-/.]{_DAY}(?:[Tt_]| {{1,2}})(?P<hour>\\d\\d):(?P<minute>\\d\\d)"
    f"(?::(?P<second>\\d\\d){_FRACTION}|(?![:\\d])){_ZONE}",
    # 20261124T100000.123Z, 20261124-10:00:00
    f"{_YEAR}{_NUMBER}{_DAY}[T -]?(?P<hour>\\d\\d):?(?P<minute>\\d\\d):?(?P<second>\\d\\d)(?![\\d]){_FRACTION}{_ZONE}",
    # Access logs, Tomcat, Redis, RFC 1123: 24/Nov/2026:10:00:00 +0000; RFC 850 with two digits of the year
    f"{_WEEKDAY}(?P<day>\\d{{1,2}})[/ -]{_MONTH}[/ -](?:{_YEAR}|(?P<short_year>\\d\\d))[: ]{_CLOCK}{_ZONE}",
    # 24.11.2026 10:00:00
    f"{_DAY}\\.{_NUMBER}\\.{_YEAR},? {_CLOCK}{_ZONE}",
    # North America, the only ones to say AM and PM behind numbers: 11/24/2026, 10:00:00 AM
    f"(?P<month>\\d{{1,2}})/(?P<day>\\d{{1,2}})/{_YEAR},? (?P<hour>\\d{{1,2}}):(?P<minute>\\d\\d):(?P<second>\\d\\d)"
    f"{_FRACTION} (?P<half>[AP]M){_ZONE}",
    # Java's logging: Nov 24, 2026 10:00:00 AM; JavaScript's: Tue Nov 24 2026 10:00:00 GMT+0000
    f"{_WEEKDAY}{_MONTH} {{1,2}}(?P<day>\\d{{1,2}}),? {_YEAR},? (?P<hour>\\d{{1,2}}):(?P<minute>\\d\\d):"
    f"(?P<second>\\d\\d){_FRACTION}(?: (?P<half>[AP]M))?{_ZONE}",
    # date: Tue Nov 24 10:00:00 UTC 2026
    f"{_WEEKDAY}{_MONTH} {{1,2}}(?P<day>\\d{{1,2}}) {_CLOCK}(?P<zone> (?:[+-]\\d\\d:?\\d\\d|{_NAMES}))"
    f" {_YEAR}(?![\\d:])",
    # Apache's error log and ctime: Tue Nov 24 10:00:00.123 2026; syslog has no year.
    f"{_WEEKDAY}{_MONTH} {{1,2}}(?P<day>\\d{{1,2}}) {_CLOCK}(?: {_YEAR}(?![\\d:]))?",
    # No log is of the years 1 to 12: whether 05/11/26 10:00:00 is of May or of November only its program could tell.
    f"(?P<unsure>{_UNSURE}) {_CLOCK}",
    # Spark 26/11/24 10:00:00, tornado 261124 10:00:00
    f"(?P<short_year>\\d\\d)/?{_NUMBER}/?{_DAY} {_CLOCK}",
    # logcat 11-24 10:00:00.123, klog 1124 10:00:00.123456
    f"{_NUMBER}-?{_DAY} {_CLOCK}",
)


@functools.cache
def patterns() -> tuple[re.Pattern[str], ...]:
    """Each form ready to be matched."""
    return tuple(re.compile(form, re.ASCII) for form in FORMS)


def is_unsure(text: str) -> bool:
    """Whether ``text`` is a time whose day is not known: only the order of its numbers would tell."""
    return re.match(_UNSURE + " ", text, re.ASCII) is not None


#: The expression of any form, without groups, to be put into a larger one.
ANY_TIME = "(?:" + "|".join(re.sub(r"\(\?P<\w+>", "(?:", form) for form in FORMS) + ")"
