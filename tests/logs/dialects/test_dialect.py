"""The dialect of a file is found out from its lines, whatever they are, and one odd line decides nothing."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.logs.dialects.dialect import UNKNOWN, dialect_names, find_dialect, stated_dialect
from corvo_agent.logs.dialects.line_reader import LineReader
from corvo_agent.logs.dialects.sieve import Sieve, learn_template

from .shapes import SHAPES
from .writers import WRITERS, Event, events

#: How many examples of about ten lines each; CORVO_FUZZ_LINES=100000 makes it a long run.
EXAMPLES = int(os.environ.get("CORVO_FUZZ_LINES", "3000")) // 10

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_keys = st.sampled_from(
    ["level", "ts", "time", "severity", "msg", "log", "stream", "record", "t", "@t", "@l", "instant", ""]
)


def _lines() -> st.SearchStrategy[bytes]:
    import json

    documents = st.dictionaries(_keys, _json, max_size=5).map(lambda value: json.dumps(value).encode())
    shapes = st.sampled_from([shape.line.encode() for shape in SHAPES])
    pieces = st.lists(
        st.one_of(shapes, st.text(max_size=8).map(lambda text: text.encode("utf-8", "replace"))), max_size=3
    )
    broken = st.builds(
        lambda line, at, odd: line[:at] + odd + line[at + 1 :], shapes, st.integers(0, 80), st.binary(max_size=3)
    )
    return st.one_of(documents, shapes, pieces.map(b"".join), broken, st.binary(max_size=80)).map(
        lambda line: line.replace(b"\n", b" ")
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(_lines(), min_size=8, max_size=12))
def test_any_lines_have_a_dialect(lines: list[bytes]) -> None:
    reader = LineReader(find_dialect(lines))
    for line in lines:
        document = reader.read(line)
        if document is not None:
            reader.severity(document)
            reader.time(document)
    template = learn_template(lines, reader)
    if template is not None:
        content = b"\n".join(lines) + b"\n"
        Sieve(template, lambda severity: severity >= 40).find(content, 0, len(content) - 1)


@pytest.mark.parametrize(
    "line",
    [
        *(
            piece * 200_000
            for piece in (b"[", b'{"a":', b"a=", b'a="', b'"', b"<1>", b"\\", b"\x1b[", b" ", b"1", b"2026-", b"|")
        ),
        *(
            piece + b"x" * 1_000_000
            for piece in (b"2026-11-24 10:00:00 ", b"ERROR: ", b"E1124 10:00:00.1 1 ", b"<11>1 ")
        ),
        b'{"level":"error","msg":"' + b"x" * 1_000_000,
        b'2026-11-24T10:00:00Z stdout F {"level":"' + b"a" * 1_000_000,
    ],
    ids=lambda line: repr(line[:12]),
)
def test_long_lines_take_no_longer_than_their_length(line: bytes) -> None:
    # Were the time quadratic in the length of a line, this would take hours.
    reader = LineReader(find_dialect([line] * 5))
    for _ in range(5):
        document = reader.read(line)
        if document is not None:
            reader.severity(document)
            reader.time(document)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(WRITERS), st.lists(events(), min_size=8, max_size=12), _lines())
def test_one_odd_line_decides_nothing(writer: object, several: list[Event], odd: bytes) -> None:
    lines = [writer.write(event).encode() for event in several]  # type: ignore[attr-defined]
    without, with_odd = find_dialect(lines), find_dialect([odd, *lines])
    assert (with_odd.name, with_odd.row, with_odd.is_text) == (without.name, without.row, without.is_text)


def test_names() -> None:
    assert find_dialect([]) == UNKNOWN
    assert find_dialect([b"free text", b"more of it"]).is_text is False
    assert (
        find_dialect([b'2026-11-24T10:00:00Z stdout F {"level":30,"time":1,"pid":1,"hostname":"h"}'] * 2).name
        == "cri+pino"
    )
    traceback = [b"Traceback (most recent call last):", b'  File "x.py", line 1', b"ValueError: x"] * 9
    python = find_dialect([b"2026-11-24 10:00:00,123 - app - ERROR - boom", *traceback])
    assert python.name == "python-dashes"
    assert python.is_text


@pytest.mark.parametrize("name", dialect_names())
def test_every_name_can_be_stated(name: str) -> None:
    dialect = stated_dialect(name)
    assert (dialect is None) is (name == "auto")
    assert dialect is None or dialect.name == name


def test_other_names_are_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidArgument, match=r"log-format.*pino"):
        stated_dialect("pinot")


@pytest.mark.parametrize(
    ("more", "severity"),
    [('"funcName":"f"', "ERROR"), ('"asctime":"2026-11-24 10:00:00,1"', "ERROR"), ('"pid":1,"hostname":"h"', "WARN")],
)
def test_what_stands_beside_a_number_tells_its_scale(more: str, severity: str) -> None:
    line = f'{{"level":40,"time":"2026-11-24T10:00:00Z",{more},"message":"boom"}}'.encode()
    reader = LineReader(find_dialect([line] * 3))
    document = reader.read(line)
    assert document is not None
    found = reader.severity(document)
    assert found is not None
    assert found.name == severity
