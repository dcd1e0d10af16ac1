"""The fields of pprof's messages, each of which has to be of its kind: what is not right is a DecodeError."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import DecodeError
from ...protobuf.wire import FIXED32, FIXED64, LENGTH, VARINT, fields, read_varint

WHAT = "pprof profile"
_TWO_TO_64 = 1 << 64
_TWO_TO_63 = 1 << 63
_LONGEST_VARINT = 10


def signed(number: int) -> int:
    """The int64 that an unsigned varint stands for."""
    return number - _TWO_TO_64 if number >= _TWO_TO_63 else number


def values_of(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Every field of a message: its number, with an int for the wire type varint and bytes for a length-delimited one.

    Fixed-width fields, of which profile.proto has none, are passed over; groups are refused, as Go's pprof does. Raises
    DecodeError and IndexError: call it under ``protowire.decodes``.
    """
    for number, kind, start, stop in fields(data, 0, len(data)):
        if kind == VARINT:
            yield number, read_varint(data, start)[0]
        elif kind == LENGTH:
            yield number, data[start:stop]
        elif kind not in (FIXED32, FIXED64):
            raise DecodeError(WHAT, f"a group before byte {start}")


def packed(value: int | bytes) -> list[int]:
    """The numbers of a repeated field's occurrence: one by itself, or many packed."""
    if isinstance(value, int):
        return [value]
    if max(value, default=0) < 128:
        return list(value)
    numbers = []
    number = shift = 0
    for byte in value:
        number |= (byte & 127) << shift
        if byte < 128:
            numbers.append(number % _TWO_TO_64)
            number = shift = 0
        elif shift == 7 * (_LONGEST_VARINT - 1):
            break
        else:
            shift += 7
    if shift:
        raise DecodeError(WHAT, "a packed number without its end")
    return numbers


def scalar(number: int, value: int | bytes) -> int:
    """The value of a field that has to be a number."""
    if isinstance(value, bytes):
        raise DecodeError(WHAT, f"field {number} holds bytes where a number belongs")
    return value


def block(number: int, value: int | bytes) -> bytes:
    """The value of a field that has to be a message or a text."""
    if isinstance(value, int):
        raise DecodeError(WHAT, f"field {number} holds a number where bytes belong")
    return value


def numbers_of(data: bytes) -> dict[int, int]:
    """A message that consists of single numbers, as field number -> the last value given."""
    return {number: scalar(number, value) for number, value in values_of(data)}
