"""Reading gives back what was written, and says clearly what is wrong with anything else."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError, ResourceExhausted
from corvo_agent.profiles.pprof.encoder import encode
from corvo_agent.profiles.pprof.model import Frame, Profile, Sample, ValueType
from corvo_agent.profiles.pprof.reader import decode

from ..messages import google_profile, profiles, uncompressed

COUNT = ValueType("samples", "count")
SMALL = Profile((COUNT,), [Sample((Frame("app.work", "app.py", 2, 1),), (7,))], "samples", program="app.py")


@settings(max_examples=60, deadline=None)
@given(profiles())
def test_what_was_written_is_read_back(profile: Profile) -> None:
    assert decode(encode(profile)) == profile
    assert decode(uncompressed(profile)) == profile


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damaged_bytes_are_a_decode_error_or_another_profile(data: st.DataObject) -> None:
    message = bytearray(uncompressed(data.draw(profiles())))
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(message)))
    for damaged in (bytes(message), bytes(message[:cut])):
        try:
            assert isinstance(decode(damaged), Profile)
        except DecodeError:
            continue


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_decode_error_or_a_profile(data: bytes) -> None:
    for each in (data, b"\x1f\x8b" + data, gzip.compress(data)):
        try:
            decode(each)
        except DecodeError:
            continue


def test_more_than_the_bound_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(bytes(1 << 20))
    with pytest.raises(ResourceExhausted, match="at most 1000"):
        decode(bomb, max_bytes=1000)
    with pytest.raises(ResourceExhausted, match="at most 1000, got 2000"):
        decode(bytes(2000), max_bytes=1000)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (encode(SMALL)[:-9], "ends too early"),
        (encode(SMALL) + b"more", "4 bytes after the end"),
        (b"\x1f\x8bnothing", "not gzip"),
        (b"", "does not begin with the empty text"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode(data)


def damage(case: str) -> bytes:
    message = google_profile(uncompressed(SMALL))
    if case == "function":
        message.location[0].line[0].function_id = 9
    elif case == "mapping":
        message.location[0].mapping_id = 9
    elif case == "location":
        message.sample[0].location_id[0] = 9
    elif case == "values":
        message.sample[0].value.append(1)
    elif case == "types":
        del message.sample_type[:]
        del message.sample[0].value[:]
    elif case == "twice":
        message.function.append(message.function[0])
    elif case == "reserved":
        message.mapping[0].id = 0
    elif case == "text":
        message.comment.append(99)
    return bytes(message.SerializeToString())


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("function", "a line in function 9"),
        ("mapping", "in mapping 9"),
        ("location", "a sample at location 9"),
        ("values", "2 values where there are 1"),
        ("types", "0 values where there are 0"),
        ("twice", "two functions with id 1"),
        ("reserved", "mapping id 0 is reserved"),
        ("text", "text 99 of a table"),
    ],
)
def test_what_pprof_calls_invalid_is_refused(case: str, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode(damage(case))


def test_inlined_calls_become_frames_and_bare_addresses_names() -> None:
    message = google_profile(uncompressed(SMALL))
    message.function.append(message.function[0])
    message.function[1].id = 2
    message.location[0].line.add(function_id=2, line=5)
    message.location.add(id=2, mapping_id=1, address=0x4242)
    message.sample[0].location_id.append(2)
    (sample,) = decode(message.SerializeToString()).samples
    inner, outer, bare = sample.stack
    assert (inner.line, outer.line) == (2, 5)
    assert bare == Frame("0x4242", "app.py")


def test_fields_of_later_versions_are_passed_over() -> None:
    later = b"\xfa\x06\x03new" + b"\xf9\x06" + bytes(8) + b"\xfd\x06" + bytes(4)
    assert decode(uncompressed(SMALL) + later) == SMALL
