"""A sieve points at every line that may have the level, in every dialect, and passes over most others."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.levels.level import Level
from corvo_agent.logs.dialects.dialect import find_dialect
from corvo_agent.logs.dialects.line_reader import LineReader
from corvo_agent.logs.dialects.severity import Severity
from corvo_agent.logs.dialects.sieve import Sieve, learn_template

from .shapes import SECOND, SHAPES
from .writers import WRITERS, Event, Writer, events

_ODD = st.one_of(
    st.binary(max_size=60).map(lambda data: data.replace(b"\n", b"")),
    st.sampled_from([shape.line.encode() for shape in SHAPES]),
    st.sampled_from([b"", b"{", b'{"level":', b'{"level":"', b'{"level":"in', b'{"level":"info', b'{"level":"info"}']),
)


def pointed_at_by_all(sieve: Sieve, line: bytes) -> bool:
    data = line + b"\n"
    return sieve.find(data, 0, len(line)) >= 0 or any(other.find(data, 0, len(line)) >= 0 for other in sieve.others)


def pointed_at(sieve: Sieve, content: bytes) -> list[bytes]:
    found, position, end = [], 0, len(content) - 1
    while position <= end and (start := sieve.find(content, position, end)) >= 0:
        stop = content.index(b"\n", start)
        found.append(content[start:stop])
        position = stop + 1
    return found


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_no_line_is_missed(writer: Writer) -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(events(), min_size=4, max_size=8), st.lists(_ODD, max_size=3), st.sampled_from(Level))
    def check(several: list[Event], odd: list[bytes], threshold: Level) -> None:
        lines = [writer.write(event).encode() for event in several]
        reader = LineReader(find_dialect(lines), UTC, SECOND * 10**9)
        template = learn_template(lines, reader)
        if template is None:
            return
        sieve = Sieve(template, lambda severity: severity.level >= threshold)
        mixed = [*lines[:2], *odd, *lines[2:]]
        found = pointed_at(sieve, b"\n".join(mixed) + b"\n")
        for line in mixed:
            document = reader.read(line)
            severity = None if document is None else reader.severity(document)
            # A line whose severity cannot be read has to be looked at, so that it can be counted.
            if severity is None or severity.level >= threshold:
                assert line in found

    check()


@pytest.mark.parametrize("first", [b'{"level":"info","msg":"whole"}', b'{"level":"info","msg":"cut'])
@pytest.mark.parametrize("before", [b"", b"2026-11-24T10:00:00.5Z stderr F ", b"<14>Nov 24 10:00:00 h a[1]: "])
def test_a_second_object_on_a_line_is_pointed_at(first: bytes, before: bytes) -> None:
    lines = [b'%b{"level":"info","msg":"fine"}' % before] * 3
    template = learn_template(lines, LineReader(find_dialect(lines), UTC))
    assert template is not None
    sieve = Sieve(template, lambda severity: severity >= Severity.WARN)
    assert pointed_at_by_all(sieve, before + first + b'{"level":"error","msg":"boom"}')
    assert not pointed_at_by_all(sieve, before + first + b'{"level":"info","msg":"fine"}')


def test_what_begins_otherwise_behind_its_level_is_pointed_at() -> None:
    lines = [b"INFO:     fine"] * 3
    template = learn_template(lines, LineReader(find_dialect(lines), UTC))
    assert template is not None
    sieve = Sieve(template, lambda severity: severity.level >= Level.NONE)
    assert pointed_at(sieve, b"INFO:     fine\nERROR:app:boom\n") == [b"ERROR:app:boom"]


def test_most_dialects_have_a_template() -> None:
    without = []
    for writer in WRITERS:
        lines = [
            writer.write(Event(severity, SECOND * 10**9, "a message of words")).encode()
            for severity in Severity
            if severity < 60
        ]
        reader = LineReader(find_dialect(lines), UTC)
        template = learn_template(lines, reader)
        if template is None:
            without.append(writer.name)
            continue
        sieve = Sieve(template, lambda severity: severity >= Severity.ERROR)
        found = pointed_at(sieve, b"\n".join(lines) + b"\n")
        assert len(found) <= 3, writer.name
    assert without == []
