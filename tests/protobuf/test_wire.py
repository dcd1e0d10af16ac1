"""The parts of protobuf's encoding by themselves: what each refuses, and that errors name the message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError
from corvo_agent.protobuf import wire as protowire


@given(st.integers(0, (1 << 64) - 1))
def test_a_varint_is_read_back(number: int) -> None:
    data = protowire.varint(number)
    assert protowire.read_varint(data, 0) == (number, len(data))


@protowire.decodes("some.Message")
def read_all(data: bytes) -> list[tuple[int, int, bytes]]:
    return [(number, kind, data[start:stop]) for number, kind, start, stop in protowire.fields(data, 0, len(data))]


def test_fields_of_every_type() -> None:
    data = bytes.fromhex("08 9601  11 0000000000000000  1a02 6162  25 00000000  2b 0801 2c")
    assert read_all(data) == [
        (1, protowire.VARINT, b"\x96\x01"),
        (2, protowire.FIXED64, bytes(8)),
        (3, protowire.LENGTH, b"ab"),
        (4, protowire.FIXED32, bytes(4)),
        (5, protowire.START_GROUP, b"\x08\x01\x2c"),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("08", "it ends in the middle of a field"),
        ("09 0000", "it ends in the middle of a field"),
        ("0a 05 61", "5 bytes announced at byte 1, 1 are there"),
        ("0a ffffffff7f", "34359738367 bytes announced"),
        ("08 ffffffffffffffffffffff01", "a number longer than ten bytes"),
        ("02 00", "field number 0 before byte 1"),
        ("8888888888 01", "field number out of range"),
        ("0f", "wire type 7"),
        ("0c", "wire type 4"),
        ("0b 0801", "a group of field 1 without its end"),
        ("0b 14", "a group of field 1 without its end"),
        ("0b" * 101 + "0c" * 101, "groups nested deeper than 100"),
    ],
)
def test_what_is_wrong_is_said(data: str, reason: str) -> None:
    with pytest.raises(DecodeError, match=f"^some.Message: .*{reason}"):
        read_all(bytes.fromhex(data))


def test_text_that_is_not_utf8_is_said() -> None:
    @protowire.decodes("some.Message")
    def read(data: bytes) -> str:
        return data.decode()

    with pytest.raises(DecodeError, match=r"some.Message: text that is not UTF-8: invalid start byte"):
        read(b"\xff")
