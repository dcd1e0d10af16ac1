"""The parameters of a Log query: text that a caller sent, turned into a LogQuery or refused by name.

===================  ============================================================================================
parameter            meaning
===================  ============================================================================================
``lines``            how many of the newest matching lines, or ``all``: as many as one answer may have, which says so
                     when there may be more; ``max-results`` is another name, the smaller one counts
``from``             skip so many matches first, counted from the oldest one (from the newest with ``order=desc``)
``day``              lines of that day, ``2019-05-10``, UTC
``since, until``     lines not before, and before: an RFC 3339 time, or how long ago (``90s``, ``10m``, ``1h30m``)
``level``            that level and those above it; ``all`` for every line
``audit``            audit lines, which no level hides: ``yes`` (default), ``no``, ``only``
``grep``             a regular expression (RE2) in the line as it stands in the file, or as it is shown
``fixed``            a text in the line as it stands in the file, or as it is shown
``field.NAME``       the field's value; ``!=x``, ``~re``, ``!~re``, ``<n``, ``<=n``, ``>n``, ``>=n`` compare otherwise;
                     a value that starts with such a sign is written ``=value``. The sign may stand at the end of
                     the name instead (``field.status>=``): the value is then taken as it is, and one field can
                     have several conditions
``module``           short for ``field.module``; likewise ``submodule`` and ``caller``
``trace``            lines of that trace: its id is the value of a field for it, whatever the dialect calls it
``order``            ``asc`` (default) or ``desc``
``columns``          only these fields, separated by commas
``context``          so many lines before and behind each match as well, with their distance in ``corvo.context``
``raw``              ``yes``: with each record the line as it is in the file, under ``corvo.raw``
``join``             ``yes``: lines that are no JSON object belong to the object before them
``counts``           ``60s``: how many lines of each severity there are in each such step of time, in place of the lines
``cursor``           from the marker at the end of an answer, or of several followed logs: go on from there
===================  ============================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...errors import InvalidArgument
from ...levels.level import VALID_LEVELS, Level
from ...timestamps import parse_duration, parse_moment, parse_rfc3339
from ..files.places import decode_places
from ..limits import DEFAULT_LIMITS, ReadLimits
from ..lines.line_time import Window
from ..lines.severity import Audit
from .conditions import FieldCondition, Operator
from .pattern import Pattern
from .query import LogQuery, Order

_SHORT_FIELDS = ("module", "submodule", "caller")
_FIELD = "field."
_COUNTS, _ALL = ("lines", "max-results"), "all"

#: What a Log query may hold, as it is told to people.
PARAMETERS = (
    *("lines", "max-results", "from", "day", "since", "until", "level", "audit", "grep", "fixed", "field.NAME"),
    *("trace", *_SHORT_FIELDS, "order", "columns", "context", "raw", "join", "counts", "cursor"),
)

MAX_CONDITIONS = 64
MAX_CONTEXT = 100  # lines
# What makes no sense beside counts: they have neither lines nor places.
_NOT_COUNTED = ("lines", "max-results", "from", "order", "columns", "context", "raw", "cursor")
_SHORTEST_STEP = 10**9

_COUNT = re.compile(r"\d{1,18}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TRACE = re.compile(r"[\w.:=+/-]{1,128}", re.ASCII)
_DAY_LENGTH = 86400 * 10**9


def parse_query(parameters: Mapping[str, str], *, now: int, limits: ReadLimits = DEFAULT_LIMITS) -> LogQuery:
    """The query that ``parameters`` describe; ``now`` is the wall time in nanoseconds that durations count back from.

    Raises InvalidArgument naming the parameter that is unknown (with the valid ones) or has a bad value.
    """
    # A copy: conditions are taken out, and what is left is checked for unknown names.
    given = dict(parameters)
    fields = _take_fields(given)
    for name in given:
        if name not in PARAMETERS:
            raise InvalidArgument(name, None, "unknown parameter of a log query", PARAMETERS)
    if "grep" in given:
        # Compiled here only to be refused by name; the search compiles its own where it runs.
        Pattern(given["grep"])
    if "cursor" in given:
        decode_places(given["cursor"])
    counts = _step(given)
    return LogQuery(
        # Of several logs, each tells its own steps.
        lines=limits.max_lines if counts else _lines(given, limits),
        offset=_count(given, "from", 10**18) if "from" in given else None,
        window=_day(given) & _span(given, now),
        level=_level(given["level"]) if "level" in given else None,
        audit=Audit(_choice(given, "audit", [each.value for each in Audit])),
        grep=given.get("grep"),
        fixed=given.get("fixed"),
        fields=fields,
        order=Order(_choice(given, "order", [each.value for each in Order])),
        columns=_columns(given),
        trace=_trace(given),
        context=_count(given, "context", MAX_CONTEXT) if "context" in given else 0,
        raw=_choice(given, "raw", ["no", "yes"]) == "yes",
        complete=_ALL in (given.get(name, "").strip().lower() for name in _COUNTS),
        joined=_choice(given, "join", ["no", "yes"]) == "yes",
        counts=counts,
        cursor=given.get("cursor", ""),
    )


def _step(given: Mapping[str, str]) -> int:
    """Nanoseconds of ``counts``, 0 without it."""
    if "counts" not in given:
        return 0
    if other := next((name for name in _NOT_COUNTED if name in given), None):
        raise InvalidArgument(other, given[other], "counts are asked for: they have no lines")
    step = parse_duration(given["counts"], "counts")
    if not _SHORTEST_STEP <= step <= _DAY_LENGTH:
        raise InvalidArgument("counts", given["counts"], "must be from 1s to 1d")
    return step


def uses_patterns(parameters: Mapping[str, str]) -> bool:
    """Whether ``parse_query`` of these compiles regular expressions: then it takes milliseconds, off the loop."""
    return any(name == "grep" or "~" in name or "~" in value[:2] for name, value in parameters.items())


def _lines(given: Mapping[str, str], limits: ReadLimits) -> int:
    asked = [name for name in _COUNTS if name in given]
    names = [name for name in asked if given[name].strip().lower() != _ALL]
    default = limits.max_lines if asked else limits.default_lines
    return min((_count(given, name, limits.max_lines) for name in names), default=default)


def _count(given: Mapping[str, str], name: str, largest: int) -> int:
    text = given[name].strip()
    if not _COUNT.fullmatch(text) or int(text) > largest:
        raise InvalidArgument(name, given[name], f"not a whole number from 0 to {largest}")
    return int(text)


def _span(given: Mapping[str, str], now: int) -> Window:
    since, until = _moment(given, "since", now), _moment(given, "until", now)
    if since is not None and until is not None and since > until:
        raise InvalidArgument("since", given["since"], f"it is after until ({given['until']})")
    return Window(since, until)


def _moment(given: Mapping[str, str], name: str, now: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    return parse_moment(text, now, name)


def _day(given: Mapping[str, str]) -> Window:
    day = given.get("day")
    if day is None:
        return Window()
    if not _DAY.fullmatch(day):
        raise InvalidArgument("day", day, "not a date such as 2019-05-10")
    try:
        start = parse_rfc3339(f"{day}T00:00:00Z", "day")
    except InvalidArgument as error:
        raise InvalidArgument("day", day, "there is no such day") from error
    return Window(start, start + _DAY_LENGTH)


def _level(text: str) -> Level:
    try:
        return Level.parse(text)
    except InvalidArgument as error:
        raise InvalidArgument("level", text, error.reason, ("all", *VALID_LEVELS)) from error


def _choice(given: Mapping[str, str], name: str, valid: list[str]) -> str:
    """The value in lower case; the first valid one when it is not given."""
    # People type these by hand, also on command lines.
    value = given.get(name, valid[0]).strip().lower()
    if value not in valid:
        raise InvalidArgument(name, given[name], "unknown value", valid)
    return value


def _trace(given: Mapping[str, str]) -> str:
    trace = given.get("trace", "").strip()
    if "trace" in given and not _TRACE.fullmatch(trace):
        raise InvalidArgument("trace", given["trace"], "not the id of a trace")
    return trace


def _columns(given: Mapping[str, str]) -> tuple[str, ...]:
    if "columns" not in given:
        return ()
    columns = tuple(dict.fromkeys(part.strip() for part in given["columns"].split(",") if part.strip()))
    if not columns or len(columns) > MAX_CONDITIONS:
        raise InvalidArgument("columns", given["columns"], f"not 1 to {MAX_CONDITIONS} names separated by commas")
    return columns


def _take_fields(given: dict[str, str]) -> tuple[FieldCondition, ...]:
    """Take the conditions on fields out of ``given``."""
    names = [name for name in given if name.startswith(_FIELD) or name in _SHORT_FIELDS]
    if len(names) > MAX_CONDITIONS:
        raise InvalidArgument("field.NAME", None, f"more than {MAX_CONDITIONS} conditions on fields")
    return tuple(_condition(name, given.pop(name)) for name in names)


def _condition(parameter: str, value: str) -> FieldCondition:
    name = parameter.removeprefix(_FIELD)
    for each in Operator:
        if name.endswith(each.value):
            return FieldCondition(name.removesuffix(each.value), each, value, parameter)
    for each in Operator:
        if value.startswith(each.value):
            return FieldCondition(name, each, value.removeprefix(each.value), parameter)
    return FieldCondition(name, Operator.EQUAL, value, parameter)
