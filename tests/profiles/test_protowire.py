"""Protobuf's encoding is read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError
from corvo_agent.profiles.protowire import block, fields, packed, read_varint, scalar, signed

varints = st.integers(0, 2**64 - 1)


def encoded(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


@given(varints)
def test_a_varint_is_read_with_the_place_after_it(number: int) -> None:
    data = encoded(number)
    assert read_varint(b"\x00" + data + b"\x01", 1) == (number, 1 + len(data))


@given(st.lists(varints))
def test_packed_numbers_are_read_in_order(numbers: list[int]) -> None:
    assert packed(b"".join(map(encoded, numbers))) == numbers


def test_a_number_by_itself_is_a_repeated_field_too() -> None:
    assert packed(5) == [5]


def test_the_upper_half_is_negative() -> None:
    assert (signed(2**64 - 1), signed(2**63), signed(2**63 - 1)) == (-1, -(2**63), 2**63 - 1)


@pytest.mark.parametrize("data", [b"\x80", b"\x80" * 11, b"\x81\x82"])
def test_a_number_without_its_end_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="without its end"):
        read_varint(data, 0)
    with pytest.raises(DecodeError, match="without its end"):
        packed(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00\x01", "field number 0"),
        (b"\x0a\x05abc", "5 bytes announced at byte 2, 3 are there"),
        (b"\x0b\x0c", "wire type 3"),
        (b"\x09\x00", "wire type 1"),
        (b"\x0f", "wire type 7"),
    ],
)
def test_broken_fields_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        list(fields(data))


def test_a_field_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(DecodeError, match="field 3 holds bytes"):
        scalar(3, b"")
    with pytest.raises(DecodeError, match="field 4 holds a number"):
        block(4, 1)
