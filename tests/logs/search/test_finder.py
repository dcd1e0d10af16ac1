"""Finders point at every unit that may match, whatever way JSON was written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.levels.level import Level
from corvo_agent.logs.files.framing import JOINED, LINES
from corvo_agent.logs.files.splitter import Chunk
from corvo_agent.logs.lines.severity import Audit
from corvo_agent.logs.search.conditions import FieldCondition, Operator
from corvo_agent.logs.search.finder import choose_finders, spans
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.search.survey import NO_SURVEY, Survey, Surveyor


def pointed_at(query: LogQuery, content: bytes, survey: Survey = NO_SURVEY) -> list[bytes]:
    chunk = Chunk(content, 0, len(content), 0)
    framing = JOINED if query.joined else LINES
    return [content[start:stop] for start, stop in spans(chunk, choose_finders(query, survey), framing)]


def equals(name: str, operand: str) -> LogQuery:
    return LogQuery(fields=(FieldCondition(name, Operator.EQUAL, operand),))


scalars = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["a/b", 'q"', "\\", "né", "7"])
)


@settings(max_examples=300, deadline=None)
@given(scalars, st.text(min_size=1, max_size=5), st.booleans(), st.booleans(), st.booleans())
@example("a/b", "key", True, True, False)
def test_a_line_that_has_the_value_is_always_pointed_at(
    value: Any, key: str, ascii_only: bool, spaced: bool, nested: bool
) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    document = {key: {"in": value}} if nested else {key: value}
    line = json.dumps(document, ensure_ascii=ascii_only, separators=(" , ", " : ") if spaced else (",", ":"))
    line = line.replace("/", "\\/") if ascii_only else line
    try:
        query = equals(f"{key}.in" if nested else key, text)
    except InvalidArgument:  # surrogates: not text that could be asked for
        return
    if choose_finders(query, NO_SURVEY):
        assert pointed_at(query, line.encode() + b"\n{}\n") == [line.encode()]


def test_other_lines_are_passed_over() -> None:
    content = b'{"kinds":"error"}\n{"error":"level"}\n{"xkinds" : "error"}\n{"kinds":"errors"}\n{"kinds":"info"}\n'
    # Telling keys apart by their last letters and values by their beginning is near enough.
    assert pointed_at(equals("kinds", "error"), content) == content.splitlines()[0:1] + content.splitlines()[2:4]
    assert pointed_at(LogQuery(fixed='"xk'), content) == [b'{"xkinds" : "error"}']
    assert pointed_at(LogQuery(grep="err.{3}.?}"), content) == [content.splitlines()[0], *content.splitlines()[2:4]]
    # The ends of a line are others in what is shown of it.
    assert choose_finders(LogQuery(grep="^error$"), NO_SURVEY) == ()


@pytest.mark.parametrize(
    "text", ['{"level":"ERROR"}', '{"l\\u0065vel": "\\u0065rror"}', '{ "level" :\t"Fatal" }', "text", ""]
)
def test_levels_are_pointed_at_however_they_are_written(text: str) -> None:
    content = b'{"level":"info","error":""}\n' + text.encode() + b'\n{"level":"audit"}\n'
    survey = Surveyor().survey_lines([b'{"level":"info"}'] * 3)
    assert pointed_at(LogQuery(level=Level.ERROR, audit=Audit.WITHOUT), content, survey) == [text.encode()]
    assert len(pointed_at(LogQuery(level=Level.ERROR), content, survey)) == 2


@pytest.mark.parametrize(
    "line", [b"text", b'{"log":"{\\"a\\":\\"x\\"}","stream":"stdout"}', b"<3>x", b"\xef\xbb\xbf{}"]
)
def test_lines_that_are_not_plainly_objects_are_pointed_at(line: bytes) -> None:
    assert pointed_at(equals("a", "x"), b'{"a":"y"}\n' + line + b'\n{"b":"x"}\n') == [line]


@pytest.mark.parametrize(
    "query",
    [
        LogQuery(level=Level.INFO),
        LogQuery(grep=r"\Ax"),
        equals("level", "raw"),
        equals("source", "/a.log"),
        equals("@timestamp", "x"),
        equals("msg", ""),
        LogQuery(fields=(FieldCondition("a", Operator.NOT_EQUAL, "x"), FieldCondition("msg", Operator.MATCH, "x"))),
    ],
)
def test_where_nothing_can_be_said_there_is_no_finder(query: LogQuery) -> None:
    assert choose_finders(query, NO_SURVEY) == ()


def test_numbers_with_a_fraction_have_many_spellings() -> None:
    content = b'{"n":1.50}\n{"m":1.5}\n{"n":15e-1}\n'
    assert pointed_at(equals("n", "1.5"), content) == [b'{"n":1.50}', b'{"n":15e-1}']


def test_each_unit_is_pointed_at_once_and_whole() -> None:
    content = b'{"a":"x\\u0078"}\n x x\n{"a":"y"}\n{"b":"x"}\n'
    query = LogQuery(fields=(FieldCondition("a", Operator.EQUAL, "x"),), joined=True)
    assert pointed_at(query, content) == [b'{"a":"x\\u0078"}\n x x', b'{"a":"y"}']
    assert pointed_at(LogQuery(fixed="x", joined=True), content) == [b'{"a":"x\\u0078"}\n x x', b'{"b":"x"}']
