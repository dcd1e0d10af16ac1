"""A search finds what looking at every line finds, in files of every dialect, odd lines and all."""

from __future__ import annotations

import json
import re
from datetime import UTC

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from corvo_agent.levels.level import Level
from corvo_agent.logs.dialects.severity import of_word
from corvo_agent.logs.files.splitter import Chunk
from corvo_agent.logs.lines.line_time import LineClock, Window
from corvo_agent.logs.lines.marker import LEVEL
from corvo_agent.logs.lines.record import Record, RecordBuilder
from corvo_agent.logs.lines.severity import Audit, passes
from corvo_agent.logs.search.matcher import Matcher
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.search.survey import Survey, Surveyor
from tests.logs.dialects.shapes import SECOND, SHAPES
from tests.logs.dialects.writers import WRITERS, Event, Writer, events

START = SECOND * 10**9
BUILDER = RecordBuilder("/a.log")
LEVELS = st.builds(LogQuery, level=st.sampled_from(Level), audit=st.sampled_from(Audit))
TEXTS = st.sampled_from(["boom", "e", "ü", '"', "\\", "level", "error", " a"])
QUERIES = st.one_of(
    LEVELS,
    LEVELS,
    st.builds(LogQuery, fixed=TEXTS),
    st.builds(LogQuery, grep=TEXTS.map(re.escape)),
    st.builds(lambda since: LogQuery(window=Window(START + since * 10**9)), st.integers(-5, 5)),
)
ODD = st.one_of(
    st.sampled_from([shape.line for shape in SHAPES]),
    st.sampled_from(["", "{", '{"level":"in', "Traceback:", "  at f", '{"level":"error"}', '{"level":"marker"}']),
    st.text(max_size=20).map(lambda text: text.replace("\n", "").replace("\0", "")),
)
AGAIN = st.sampled_from(
    [("level", "error"), ("severity", "ERROR"), ("log.level", "error"), ("level", 50), ("level", 10)]
)


def once_more(line: str, key: str, value: object, comma: str) -> str:
    """``line``, of JSON or logfmt, with a key that it may have already."""
    if line.startswith("time="):
        return f"{line} {key}={value}"
    return line[:-1] + f"{comma}{json.dumps(key)}:{json.dumps(value)}}}" if line.endswith("}") else line


def is_wanted(query: LogQuery, unit: bytes, record: Record) -> bool:
    """Whether one line is wanted, told from its record."""
    severity = of_word(record.get(LEVEL) or record["level"]) if "level" in record else None
    if (query.level is not None or query.audit is not Audit.WITH) and not passes(
        severity, Level.DEBUG if query.level is None else query.level, query.audit
    ):
        return False
    if query.window and LineClock().read(record) not in query.window:
        return False
    texts = (query.fixed, query.grep and re.sub(r"\\(.)", r"\1", query.grep))
    return all(text.encode() in unit or text.encode() in BUILDER.shown(unit) for text in texts if text)


def check_search(lines: list[str], query: LogQuery, survey: Survey) -> None:
    content = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    chunk = Chunk(content, 0, len(content), 0)
    everything = Matcher(LogQuery(), "/a.log", 1 << 20, survey)
    units = everything.select(chunk)
    records = everything.records(units)
    expected = [unit for unit, record in zip(units.data, records, strict=True) if is_wanted(query, unit, record)]
    assert Matcher(query, "/a.log", 1 << 20, survey).select(chunk).data == expected


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_a_search_finds_what_looking_at_every_line_finds(writer: Writer) -> None:
    @settings(max_examples=10, deadline=None, phases=[Phase.generate])
    @given(st.lists(events(), min_size=4, max_size=8), st.lists(ODD, max_size=3), AGAIN, QUERIES)
    def check(several: list[Event], odd: list[str], again: tuple[str, object], query: LogQuery) -> None:
        lines = [writer.write(event) for event in several]
        survey = Surveyor(zone=UTC, is_zone_stated=True).survey_lines([line.encode() for line in lines], START)
        comma = ", " if '", "' in lines[0] else ","
        repeated = [once_more(line, *again, comma) for line in lines[:2]]
        check_search([*lines[:2], *odd, *repeated, *lines[2:]], query, survey)

    check()
