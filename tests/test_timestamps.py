"""RFC 3339 with nanoseconds and durations."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.timestamps import (
    format_duration,
    format_millis,
    format_rfc3339,
    parse_duration,
    parse_moment,
    parse_rfc3339,
)

# Year 1000 to 9999: what the four digits of the format can hold.
NANOSECONDS = st.integers(-30_610_224_000 * 10**9, 253_402_300_799 * 10**9 + 999_999_999)


@given(NANOSECONDS)
def test_parse_reads_what_format_wrote(nanoseconds: int) -> None:
    assert parse_rfc3339(format_rfc3339(nanoseconds)) == nanoseconds


@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)))
def test_parse_agrees_with_datetime(moment: datetime) -> None:
    whole = int(moment.replace(microsecond=0).timestamp())
    assert parse_rfc3339(moment.isoformat()) == whole * 10**9 + moment.microsecond * 1000


def test_trailing_zeros_are_left_out_and_zero_is_empty() -> None:
    assert format_rfc3339(1557505570_112345874) == "2019-05-10T16:26:10.112345874Z"
    assert format_rfc3339(1557505570_500000000) == "2019-05-10T16:26:10.5Z"
    assert format_rfc3339(1557505570_000000000) == "2019-05-10T16:26:10Z"
    assert format_rfc3339(0) == ""
    assert parse_rfc3339("") == 0


def test_millis_always_have_three_digits() -> None:
    assert format_millis(1557505567_815999999) == "2019-05-10T16:26:07.815Z"
    assert format_millis(1557505567_000000000) == "2019-05-10T16:26:07.000Z"


def test_a_zone_is_taken_off() -> None:
    assert parse_rfc3339("2019-05-10T18:26:10+02:00") == parse_rfc3339("2019-05-10T16:26:10Z")
    assert parse_rfc3339("2019-05-10T11:56:10-04:30") == parse_rfc3339("2019-05-10T16:26:10Z")


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "2019-05-10",
        "2019-05-10T16:26:10",
        "2019-13-10T16:26:10Z",
        "2019-02-29T00:00:00Z",
        "2019-01-01T24:00:00Z",
    ],
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidArgument, match="since"):
        parse_rfc3339(text, "since")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10m", 600), ("1h30m", 5400), ("1.5s", 1.5), ("90", 90), ("250ms", 0.25), ("2d", 172800), ("0s", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == round(seconds * 10**9)


@pytest.mark.parametrize(
    "text",
    ["", "m", "-5m", "10 parsecs", "1h-3m", "10m!", "１０m", "9" * 400, "9" * 400 + "d", "1" * 1_000_000 + "!"],
    ids=lambda text: text[:10],
)
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidArgument, match="for"):
        parse_duration(text, "for")


def test_a_duration_for_people() -> None:
    assert format_duration(5400 * 10**9) == "1h30m"
    assert format_duration(598 * 10**9 + 5) == "9m58s"
    assert format_duration(5) == "0s"


@pytest.mark.parametrize(
    ("text", "moment"),
    [("2023-11-14T22:13:20Z", 1_700_000_000 * 10**9), (" 2023-11-14t22:13:20z", 1_700_000_000 * 10**9), ("1m", 0)],
)
def test_a_moment_is_a_time_or_how_long_ago_it_was(text: str, moment: int) -> None:
    assert parse_moment(text, 60 * 10**9) == moment


@pytest.mark.parametrize("text", ["soon", "", "9" * 41, "2023-11-14T25:00:00Z", "-1m"])
def test_what_is_no_moment_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^since: "):
        parse_moment(text, 0, "since")
