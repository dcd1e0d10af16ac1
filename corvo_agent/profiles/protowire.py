"""Reading protobuf's binary encoding (protobuf.dev, "Encoding"), strictly: what is not right is a DecodeError."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import DecodeError

WHAT = "pprof profile"
VARINT, FIXED64, LENGTH, _GROUP, _END_GROUP, FIXED32 = range(6)
_SIZES = {FIXED64: 8, FIXED32: 4}
_TWO_TO_64 = 1 << 64
_TWO_TO_63 = 1 << 63
_LONGEST_VARINT = 10


def signed(number: int) -> int:
    """The int64 that an unsigned varint stands for."""
    return number - _TWO_TO_64 if number >= _TWO_TO_63 else number


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at ``position``, cut to 64 bits, and the position after it."""
    number = shift = 0
    for byte in data[position : position + _LONGEST_VARINT]:
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number % _TWO_TO_64, position
        shift += 7
    raise DecodeError(WHAT, f"a number without its end at byte {position}")


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Every field of a message: its number, with an int for the wire type varint and bytes for a length-delimited one.

    Fixed-width fields, of which profile.proto has none, are passed over; groups are refused.
    """
    position, end = 0, len(data)
    while position < end:
        tag, position = read_varint(data, position)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise DecodeError(WHAT, f"field number 0 before byte {position}")
        if kind == VARINT:
            value, position = read_varint(data, position)
            yield number, value
        elif kind == LENGTH:
            length, position = read_varint(data, position)
            if length > end - position:
                raise DecodeError(WHAT, f"{length} bytes announced at byte {position}, {end - position} are there")
            yield number, data[position : position + length]
            position += length
        elif kind in _SIZES and position + _SIZES[kind] <= end:
            position += _SIZES[kind]
        else:
            raise DecodeError(WHAT, f"wire type {kind} before byte {position}")


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
    return {number: scalar(number, value) for number, value in fields(data)}
