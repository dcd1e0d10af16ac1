"""Times in every usual form are read; what states no zone is in the stated one, what states no year in the past."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.logs.dialects.times import TimeReader, parse_zone
from corvo_agent.timestamps import format_rfc3339, parse_rfc3339

NOW = parse_rfc3339("2026-11-26T12:00:00Z")
TEN = "2026-11-24T10:00:00"


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2026-11-24T10:00:00Z", TEN + "Z"),
        ("2026-11-24t10:00:00.5z", TEN + ".5Z"),
        ("2026-11-24 10:00:00,123", TEN + ".123Z"),
        ("2026-11-24 10:00:00.123456789123 UTC", TEN + ".123456789Z"),
        ("2026-11-24T12:00:00+02:00", TEN + "Z"),
        ("2026-11-24T12:00:00.1+0200", TEN + ".1Z"),
        ("2026-11-24 12:00:00+02", TEN + "Z"),
        ("2026-11-24 05:00:00 -0500", TEN + "Z"),
        ("2026-11-24 11:00:00 CET", TEN + "Z"),
        ("2026-11-24T11:00:00+01:00[Europe/Berlin]", TEN + "Z"),
        ("[2026-11-24 10:00:00]", TEN + "Z"),
        ("2026/11/24 10:00:00", TEN + "Z"),
        ("2026.11.24 10:00:00", TEN + "Z"),
        ("20261124T100000.5Z", TEN + ".5Z"),
        ("20261124100000", TEN + "Z"),
        ("24/Nov/2026:11:00:00 +0100", TEN + "Z"),
        ("24-Nov-2026 10:00:00.123", TEN + ".123Z"),
        ("24 Nov 2026 10:00:00.123", TEN + ".123Z"),
        ("Tue, 24 Nov 2026 10:00:00 GMT", TEN + "Z"),
        ("Tue Nov 24 10:00:00.123 2026", TEN + ".123Z"),
        ("Nov 24, 2026 10:00:00 AM", TEN + "Z"),
        ("Nov 24, 2026, 1:00:00 PM", "2026-11-24T13:00:00Z"),
        ("26/11/24 10:00:00", TEN + "Z"),
        ("261124 10:00:00", TEN + "Z"),
        ("Nov 24 10:00:00", TEN + "Z"),
        ("Nov  4 10:00:00", "2026-11-04T10:00:00Z"),
        ("Nov 28 10:00:00", "2025-11-28T10:00:00Z"),
        ("1124 10:00:00.123456", TEN + ".123456Z"),
        ("11-24 10:00:00.123", TEN + ".123Z"),
        ("Feb 29 10:00:00", "2024-02-29T10:00:00Z"),
        ("1795514400", TEN + "Z"),
        ("1795514400.123456789", TEN + ".123456789Z"),
        (1795514400, TEN + "Z"),
        (1795514400.123, TEN + ".123Z"),
        (1795514400123, TEN + ".123Z"),
        (1795514400123.456, TEN + ".123456Z"),
        ("1795514400123456", TEN + ".123456Z"),
        (1795514400123456789, TEN + ".123456789Z"),
        (1.795514400123456e18, TEN + ".123456Z"),
        ({"$date": TEN + "Z"}, TEN + "Z"),
        ({"epochSecond": 1795514400, "nanoOfSecond": 5}, TEN + ".000000005Z"),
        ({"seconds": "1795514400", "nanos": 5}, TEN + ".000000005Z"),
    ],
    ids=str,
)
def test_forms(value: Any, time: str) -> None:
    found = TimeReader(UTC, NOW).read(value)
    assert found is not None
    assert format_rfc3339(found) == time


_NO_DATES = (
    "",
    "05/11/26 10:00:00",
    "10:00:00",
    "2026-13-24 10:00:00",
    "2026-02-30 10:00:00",
    "2026-11-24 24:00:00",
    "Nov 24, 2026 13:00:00 PM",
)
_NO_TIMES: tuple[Any, ...] = (
    "yesterday",
    "-5",
    "9" * 30,
    5,
    12.5,
    True,
    None,
    [],
    {},
    float("nan"),
    float("inf"),
    1e300,
    10**30,
)


@pytest.mark.parametrize("value", [*_NO_DATES, *_NO_TIMES, {"seconds": []}], ids=repr)
def test_what_is_no_time(value: Any) -> None:
    assert TimeReader(UTC, NOW).read(value) is None


def test_neighbours_are_read_as_if_alone() -> None:
    times = ["2026-11-24T10:00:00.1Z", "2026-11-24T10:00:00.25Z", "2026-11-24T10:00:00.Z", "2026-11-24T10:00:01.1Z"]
    together = TimeReader()
    assert [together.read(each) for each in times] == [TimeReader().read(each) for each in times]


def test_the_host_knows_its_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        reader = TimeReader(None, NOW)
        assert reader.read("2026-11-24 11:00:00,5") == parse_rfc3339(TEN + ".5Z")
        assert reader.read("2026-07-24 12:00:00") == parse_rfc3339("2026-07-24T10:00:00Z")
        assert reader.is_zone_assumed
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["UTC", "z", "+02:00", "-0530", "Europe/Berlin", " utc "])
def test_zones(text: str) -> None:
    assert isinstance(parse_zone(text), tzinfo)


def test_the_zone_of_the_host() -> None:
    assert parse_zone("local") is None


@pytest.mark.parametrize("text", ["", "Berlin", "+25:00", "../etc/passwd", "a\0b", "Europe"])
def test_no_zone(text: str) -> None:
    with pytest.raises(InvalidArgument, match="log-zone"):
        parse_zone(text)


@given(
    st.one_of(st.text(), st.floats(), st.integers(), st.dictionaries(st.sampled_from(["seconds", "$date"]), st.text()))
)
def test_no_value_is_too_odd(value: object) -> None:
    found = TimeReader(UTC, NOW).read(value)
    assert found is None or isinstance(found, int)


@given(st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", fullmatch=True))
def test_rfc3339_is_read_as_elsewhere(text: str) -> None:
    try:
        expected = parse_rfc3339(text)
    except InvalidArgument:
        return
    found = TimeReader(UTC, NOW).read(text)
    assert found == expected or text[17:19] == "60" or int(text[-5:-3] if text[-1] != "Z" else 0) > 23
