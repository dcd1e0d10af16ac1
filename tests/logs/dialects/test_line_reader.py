"""What a program wrote is read back: severity, time and message, in whatever dialect it was written."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.logs.dialects.dialect import UNKNOWN, find_dialect, stated_dialect
from corvo_agent.logs.dialects.fields import Field, text_of
from corvo_agent.logs.dialects.line_reader import LineReader
from corvo_agent.logs.dialects.severity import Severity

from .writers import WRITERS, Event, Writer, events

_NOW = 1795514400 * 10**9


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_what_was_written_is_read(writer: Writer) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(events(), min_size=3, max_size=6))
    def check(several: list[Event]) -> None:
        lines = [writer.write(event).encode() for event in several]
        reader = LineReader(find_dialect(lines), UTC, _NOW)
        for event, line in zip(several, lines, strict=True):
            document = reader.read(line)
            assert document is not None
            severity, time = reader.severity(document), reader.time(document)
            message = text_of(document, Field.MESSAGE)
            assert message is not None
            assert message[1] == event.message
            assert time == (event.time - event.time % writer.unit if writer.unit else None)
            if writer.name != "klog":  # which has nothing below info
                assert severity is not None
                assert severity.level == event.severity.level

    check()


def test_the_zone_of_a_time_that_has_none_is_the_stated_one() -> None:
    from corvo_agent.logs.dialects.times import parse_zone

    reader = LineReader(UNKNOWN, parse_zone("+02:00"))
    document = reader.read(b"2026-11-24 12:00:00,000 ERROR boom")
    assert document == {"level": "error", "ts": "2026-11-24T10:00:00Z", "msg": "boom"}
    assert reader.times.is_zone_assumed


def test_a_stated_dialect_reads_nothing_else() -> None:
    python = stated_dialect("python")
    assert python is not None
    assert LineReader(python).severity({"levelname": "ERROR", "levelno": 40}) is Severity.ERROR
    pino = stated_dialect("Pino")
    assert pino is not None
    assert LineReader(pino).severity({"level": 40, "severity": "ERROR"}) is Severity.WARN
    assert LineReader(pino).severity({"severity": "ERROR"}) is None
    uvicorn = stated_dialect("uvicorn")
    assert uvicorn is not None
    assert LineReader(uvicorn).read(b"2026-11-24 10:00:00 ERROR boom") is None
    assert LineReader(uvicorn).read(b"ERROR:    boom") == {"level": "error", "msg": "boom"}


def test_what_an_envelope_says_does_not_cover_what_the_line_says() -> None:
    reader = LineReader()
    line = b'2026-11-24T10:00:00Z stderr F {"level":"warn","ts":"2026-11-24T09:59:59Z","stream":"mine"}'
    assert reader.read(line) == {"level": "warn", "ts": "2026-11-24T09:59:59Z", "stream": "mine"}
    assert reader.read(b"<11>Nov 24 10:00:00 host app[12]: boom") is not None


@pytest.mark.parametrize(
    "line", [b"", b"{", b"Traceback (most recent call last):", b"  File x", b"2026-13-45 10:00:00 x"]
)
def test_what_has_no_known_form_is_not_read(line: bytes) -> None:
    assert LineReader().read(line) is None
