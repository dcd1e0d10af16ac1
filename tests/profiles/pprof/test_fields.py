"""The fields of pprof's messages are read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError
from corvo_agent.profiles.pprof.fields import WHAT, block, numbers_of, packed, scalar, signed, values_of
from corvo_agent.protobuf.wire import decodes, delimited, varint

numbers = st.integers(0, 2**64 - 1)


@decodes(WHAT)
def read_all(data: bytes) -> list[tuple[int, int | bytes]]:
    return list(values_of(data))


@given(numbers, st.binary())
def test_numbers_and_bytes_are_told_apart(number: int, data: bytes) -> None:
    message = b"\x08" + varint(number) + delimited(2, data) + b"\x1d\0\0\0\0" + b"\x21" + bytes(8)
    assert read_all(message) == [(1, number), (2, data)]


@given(st.lists(numbers))
def test_packed_numbers_are_read_in_order(values: list[int]) -> None:
    assert packed(b"".join(map(varint, values))) == values


def test_a_number_by_itself_is_a_repeated_field_too() -> None:
    assert packed(5) == [5]


def test_of_a_number_given_twice_the_last_counts() -> None:
    assert numbers_of(b"\x08\x01\x10\x05\x08\x02") == {1: 2, 2: 5}


def test_the_upper_half_is_negative() -> None:
    assert (signed(2**64 - 1), signed(2**63), signed(2**63 - 1)) == (-1, -(2**63), 2**63 - 1)


@pytest.mark.parametrize("data", [b"\x80", b"\x80" * 11, b"\x81\x82"])
def test_a_packed_number_without_its_end_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="without its end"):
        packed(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00\x01", "field number 0"),
        (b"\x0a\x05abc", "5 bytes announced at byte 1, 3 are there"),
        (b"\x0b\x0c", "a group"),
        (b"\x09\x00", "the middle of a field"),
        (b"\x0f", "wire type 7"),
        (b"\x08\x80", "the middle of a field"),
    ],
)
def test_broken_fields_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason) as refused:
        read_all(data)
    assert refused.value.what == WHAT


def test_a_field_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(DecodeError, match="field 3 holds bytes"):
        scalar(3, b"")
    with pytest.raises(DecodeError, match="field 4 holds a number"):
        block(4, 1)
