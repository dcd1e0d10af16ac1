"""The ways to write a moment as text that programs use in their logs, as regular expressions.

Each form gives the parts of a date and of a time of day. A form without a year (klog, syslog, logcat) leaves it open.
A time of day alone is no moment: nothing tells its day.
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

_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,12}))?"
_MONTH = f"(?P<month_name>{'|'.join(MONTHS)})[a-z]{{0,6}}"
_WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?"
_ZONE = (
    r"(?P<zone>[+-]\d\d(?::?\d\d)?(?![\d:])| ?[+-]\d\d:?\d\d(?![\d:])|[zZ](?![A-Za-z])"
    r"| ?(?:" + "|".join(ZONE_NAMES) + r")(?:[+-]\d\d:?\d\d)?(?![A-Za-z]))?(?:\[[A-Za-z_/+-]{1,40}\])?"
)
_YEAR, _NUMBER, _DAY = r"(?P<year>\d{4})", r"(?P<month>\d\d)", r"(?P<day>\d\d)"

#: The forms, each of which matches at the start of a text. Of two that match, the first one counts.
FORMS: tuple[str, ...] = (
    # RFC 3339 and what resembles it: Python's logging, Java, Go's log, nginx.
    f"{_YEAR}[-/.]{_NUMBER}[-/.]{_DAY}(?:[Tt_]| {{1,2}}){_CLOCK}{_ZONE}",
    # 20261124T100000.123Z, 20261124-10:00:00
    f"{_YEAR}{_NUMBER}{_DAY}[T -]?(?P<hour>\\d\\d):?(?P<minute>\\d\\d):?(?P<second>\\d\\d)(?![\\d])"
    f"(?:[.,](?P<fraction>\\d{{1,12}}))?{_ZONE}",
    # Access logs, Tomcat, Redis, RFC 1123: 24/Nov/2026:10:00:00 +0000
    f"{_WEEKDAY}(?P<day>\\d{{1,2}})[/ -]{_MONTH}[/ -]{_YEAR}[: ]{_CLOCK}{_ZONE}",
    # Java's logging: Nov 24, 2026 10:00:00 AM
    f"{_WEEKDAY}{_MONTH} {{1,2}}(?P<day>\\d{{1,2}}),? {_YEAR},? (?P<hour>\\d{{1,2}}):(?P<minute>\\d\\d):"
    f"(?P<second>\\d\\d)(?:[.,](?P<fraction>\\d{{1,12}}))?(?: (?P<half>[AP]M))?{_ZONE}",
    # Apache's error log and ctime: Tue Nov 24 10:00:00.123 2026; syslog has no year.
    f"{_WEEKDAY}{_MONTH} {{1,2}}(?P<day>\\d{{1,2}}) {_CLOCK}(?: {_YEAR}(?![\\d:]))?",
    # Spark 26/11/24 10:00:00, tornado 261124 10:00:00
    f"(?P<short_year>\\d\\d)/?{_NUMBER}/?{_DAY} {_CLOCK}",
    # logcat 11-24 10:00:00.123, klog 1124 10:00:00.123456
    f"{_NUMBER}-?{_DAY} {_CLOCK}",
)


@functools.cache
def patterns() -> tuple[re.Pattern[str], ...]:
    """Each form ready to be matched."""
    return tuple(re.compile(form, re.ASCII) for form in FORMS)


#: The expression of any form, without groups, to be put into a larger one.
ANY_TIME = "(?:" + "|".join(re.sub(r"\(\?P<\w+>", "(?:", form) for form in FORMS) + ")"
