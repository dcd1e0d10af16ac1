"""Fields are found out about from betterproto's classes, those that hold datetimes and the like included."""

from __future__ import annotations

from datetime import UTC

import pytest
from betterproto.lib.google import protobuf as google_types
from hypothesis import given

from corvo_agent._generated import api
from corvo_agent.protobuf.codec import decode, encode

from .kitchen import TIMES, Times, google_kitchen


@given(TIMES)
def test_types_that_python_has_of_its_own(times: Times) -> None:
    google = google_kitchen("Times").FromString(encode(times))
    assert google.when.ToDatetime(UTC) == times.when
    assert google.took.ToTimedelta() == times.took
    assert (google.wrapped.value if google.HasField("wrapped") else None) == times.wrapped
    assert [when.ToDatetime(UTC) for when in google.whens] == times.whens
    assert decode(Times, google.SerializeToString()) == times


def test_nanoseconds_are_kept() -> None:
    time_ = api.Timestamp(time=google_types.Timestamp(1_700_000_000, 123_456_789))
    assert decode(api.Timestamp, encode(time_)) == time_
    assert encode(api.Timestamp(time=google_types.Timestamp(seconds=0))) == bytes.fromhex("0a00")


def test_what_is_no_message_is_said() -> None:
    with pytest.raises(TypeError, match="str is not a betterproto message"):
        encode(api.Label(t="x"))  # type: ignore[arg-type]
