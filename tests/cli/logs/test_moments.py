"""Times as people write them become times that an agent reads."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click
import pytest

from corvo_agent.cli.logs.moments import day, moment
from corvo_agent.testing import FakeClock
from corvo_agent.timestamps import parse_rfc3339

# 2026-11-24T10:00:00Z, which is 15:45 in Kathmandu.
CLOCK = FakeClock(1_795_514_400 * 10**9)


@pytest.fixture(autouse=True)
def kathmandu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A zone that no machine of the tests is in."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10m", "10m"),
        ("90", "90"),
        ("1h30m", "1h30m"),
        ("now", "2026-11-24T10:00:00Z"),
        ("today", "2026-11-23T18:15:00Z"),
        ("Yesterday", "2026-11-22T18:15:00Z"),
        ("2026-11-20", "2026-11-19T18:15:00Z"),
        ("08:30", "2026-11-24T02:45:00Z"),
        ("08:30:07", "2026-11-24T02:45:07Z"),
        ("2026-11-20 08:30", "2026-11-20T02:45:00Z"),
        ("2026-11-20T08:30:07.5", "2026-11-20T02:45:07.5Z"),
        ("2026-11-20T08:30:07Z", "2026-11-20T08:30:07Z"),
        ("2026-11-20T08:30:07+02:00", "2026-11-20T06:30:07Z"),
        ("1795514400", "2026-11-24T10:00:00Z"),
        ("1795514400.25", "2026-11-24T10:00:00.25Z"),
        ("1795514400250", "2026-11-24T10:00:00.25Z"),
        ("1795514400250000000", "2026-11-24T10:00:00.25Z"),
    ],
)
def test_a_moment(text: str, expected: str) -> None:
    assert moment(text, "--since", CLOCK) == expected
    assert moment(f" {text} ", "--since", CLOCK) == expected


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "25:00", "10x", "1.2.3"])
def test_what_is_no_moment_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.UsageError, match="--until"):
        moment(text, "--until", CLOCK)


@pytest.mark.parametrize(
    ("text", "start"),
    [("2026-11-20", "2026-11-19T18:15:00Z"), ("today", "2026-11-23T18:15:00Z"), ("yesterday", "2026-11-22T18:15:00Z")],
)
def test_a_day_begins_and_ends_here(text: str, start: str) -> None:
    found, end = day(text, "--day", CLOCK)
    assert found == start
    assert parse_rfc3339(end) - parse_rfc3339(start) == 86400 * 10**9


def test_a_day_on_which_clocks_change_has_its_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    start, end = map(parse_rfc3339, day("2026-10-25", "--day", CLOCK))
    assert end - start == 25 * 3600 * 10**9


def test_what_is_no_day_is_wrong_usage() -> None:
    with pytest.raises(click.UsageError, match="--day"):
        day("2026-02-30", "--day", CLOCK)
