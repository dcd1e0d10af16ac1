"""The parameters of a Log query, all text, and what is said about bad ones."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.levels.level import Level
from corvo_agent.logs.files.cursor import Cursor, FileMark
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.lines.line_time import Window
from corvo_agent.logs.lines.severity import Audit
from corvo_agent.logs.search.conditions import FieldCondition, Operator
from corvo_agent.logs.search.parameters import PARAMETERS, parse_query, uses_patterns
from corvo_agent.logs.search.query import LogQuery, Order
from corvo_agent.timestamps import parse_rfc3339

NOW = parse_rfc3339("2019-05-10T16:00:00Z")
MINUTE = 60 * 10**9
CURSOR = Cursor(FileMark(256, "ab", 7), 12, forward=False).encode()


def parse(**parameters: str) -> LogQuery:
    return parse_query({name.replace("_", "-"): value for name, value in parameters.items()}, now=NOW)


def refused(parameters: dict[str, str]) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as caught:
        parse_query(parameters, now=NOW)
    return caught.value


def test_nothing_asked_is_the_newest_lines() -> None:
    assert parse() == LogQuery()
    assert parse_query({}, now=NOW, limits=ReadLimits(default_lines=7)).lines == 7


def test_lines_and_its_other_name() -> None:
    assert parse(lines="300").lines == 300
    assert parse(max_results="200").lines == 200
    assert parse(lines="300", max_results="200").lines == 200
    assert parse(lines="0").lines == 0
    assert parse(lines="100000").lines == 100_000


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("from", "10", "offset", 10),
        ("day", "2019-05-09", "window", Window(NOW - 40 * 60 * MINUTE, NOW - 16 * 60 * MINUTE)),
        ("since", "10m", "window", Window(NOW - 10 * MINUTE, None)),
        ("since", "2019-05-10T15:59:00Z", "window", Window(NOW - MINUTE, None)),
        ("until", "1h30m", "window", Window(None, NOW - 90 * MINUTE)),
        ("until", "2019-05-10t18:00:00+02:00", "window", Window(None, NOW)),
        ("level", "WARNING", "level", Level.WARN),
        ("level", "all", "level", Level.DEBUG),
        ("audit", "Only", "audit", Audit.ONLY),
        ("grep", "time(d )?out", "grep", "time(d )?out"),
        ("fixed", "a=b", "fixed", "a=b"),
        ("order", "DESC", "order", Order.DESCENDING),
        ("columns", "ts, msg,,ts", "columns", ("ts", "msg")),
        ("join", "yes", "joined", True),
        ("cursor", CURSOR, "cursor", CURSOR),
    ],
)
def test_each_parameter(name: str, value: str, field: str, expected: Any) -> None:
    assert getattr(parse_query({name: value}, now=NOW), field) == expected


def test_windows_are_combined() -> None:
    query = parse(day="2019-05-10", since="2019-05-10T10:00:00Z", until="2019-05-12T00:00:00Z")
    assert query.window == Window(NOW - 6 * 60 * MINUTE, NOW + 8 * 60 * MINUTE)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("field.status", "500", ("status", Operator.EQUAL, "500")),
        ("field.status", ">=500", ("status", Operator.AT_LEAST, "500")),
        ("field.status", "<5", ("status", Operator.BELOW, "5")),
        ("field.status>", "500", ("status", Operator.ABOVE, "500")),
        ("field.status<=", "500", ("status", Operator.AT_MOST, "500")),
        ("field.msg", "!=x", ("msg", Operator.NOT_EQUAL, "x")),
        ("field.msg", "~^a", ("msg", Operator.MATCH, "^a")),
        ("field.msg", "!~^a", ("msg", Operator.NO_MATCH, "^a")),
        ("field.msg", "=~^a", ("msg", Operator.EQUAL, "~^a")),
        ("field.msg=", "~^a", ("msg", Operator.EQUAL, "~^a")),
        ("field.msg!=", "=x", ("msg", Operator.NOT_EQUAL, "=x")),
        ("field.http.status", "", ("http.status", Operator.EQUAL, "")),
        ("module", "pen-npm", ("module", Operator.EQUAL, "pen-npm")),
        ("submodule", "!=elastic", ("submodule", Operator.NOT_EQUAL, "elastic")),
        ("caller", "~elastic.go", ("caller", Operator.MATCH, "elastic.go")),
    ],
)
def test_conditions_on_fields(name: str, value: str, expected: tuple[str, Operator, str]) -> None:
    assert parse_query({name: value}, now=NOW).fields == (FieldCondition(*expected, what=name),)


def test_several_conditions_on_one_field() -> None:
    query = parse_query({"field.n>=": "2", "field.n<": "5", "field.n": "!=3"}, now=NOW)
    assert [(each.operator.value, each.operand) for each in query.fields] == [(">=", "2"), ("<", "5"), ("!=", "3")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("lines", "max-results", "from") for value in ("-1", "", "ten", "1.5", "1_000")),
        *(("lines", value) for value in ("100001", "9" * 5000, "٣", "0x10")),
        *(("day", value) for value in ("2019-5-10", "yesterday", "2019-02-30", "2019-05-10T00:00:00Z")),
        *((name, value) for name in ("since", "until") for value in ("", "soon", "2019-05-10", "-5m", "9" * 400)),
        ("since", "2019-05-10T25:00:00Z"),
        *(("level", value) for value in ("", "loud")),
        ("audit", "maybe"),
        *(("grep", value) for value in ("(", "a{2000}", "(?<!x)y", "x" * 1001, r"\pL{1000}", "\ud800")),
        ("field.n", "<many"),
        ("field.n>=", ""),
        ("field.msg~", "["),
        ("field.", "x"),
        ("field.>", "1"),
        ("order", "random"),
        ("columns", " , "),
        ("columns", ",".join(map(str, range(100)))),
        ("join", "1"),
        *(("cursor", value) for value in ("", "x", "é", CURSOR[:-8], "A" * 500, "WzFd")),
        ("line", "3"),
        ("fields.x", "3"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, value: str) -> None:
    assert refused({name: value, "lines" if name != "lines" else "from": "1"}).what == name


def test_the_valid_names_and_values_are_told() -> None:
    assert refused({"line": "3"}).valid == PARAMETERS
    assert refused({"order": "up"}).valid == ("asc", "desc")
    assert refused({"level": "loud"}).valid == ("all", "Debug", "Info", "Warn", "Error", "None")
    assert refused({"day": "2019-02-30"}).value == "2019-02-30"
    for word in ("yesterday", "two minutes", "2019-05-10"):
        assert "nor a duration such as 10m" in str(refused({"since": word}))
    assert str(refused({"grep": "a("})) == "grep: not a regular expression (RE2): missing ): a(, got 'a('"


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    assert refused({"since": "10m", "until": "20m"}).what == "since"
    assert parse_query({"since": "10m", "until": "10m"}, now=NOW).window == Window(NOW - 600 * 10**9, NOW - 600 * 10**9)


def test_bounds_are_configurable_and_conditions_are_bounded() -> None:
    with pytest.raises(InvalidArgument):
        parse_query({"lines": "11"}, now=NOW, limits=ReadLimits(max_lines=10))
    assert refused({f"field.f{n}": "x" for n in range(65)}).what == "field.NAME"


def test_what_compiles_patterns_is_known_beforehand() -> None:
    assert uses_patterns({"grep": "x"})
    assert uses_patterns({"field.msg": "!~x"})
    assert uses_patterns({"field.msg~": "x"})
    assert not uses_patterns({"fixed": "x", "level": "error"})


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(PARAMETERS) | st.text(max_size=8), st.text(max_size=12), max_size=4))
def test_any_parameters_make_a_query_or_are_refused(parameters: dict[str, str]) -> None:
    with suppress(InvalidArgument):
        assert isinstance(parse_query(parameters, now=NOW), LogQuery)
