"""Protobuf's number types: how each lies on the wire, and its values to and from Python's.

The types and their ranges are those of protobuf.dev's "Scalar Value Types" and "Encoding".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Any

from .wire import FIXED32, FIXED64, VARINT, varint

_BITS64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Number:
    """A number type: ``value`` makes Python's value of what was read, ``write`` its bytes.

    What was read is the varint's 64 bits, or what ``layout`` unpacks where the type has a fixed size. ``write`` raises
    ValueError for a value out of the type's range, as google.protobuf does.
    """

    wire_type: int
    layout: Struct | None
    value: Callable[[Any], Any]
    write: Callable[[Any], bytes]


def _varint(bits: int, *, signed: bool, zigzag: bool = False) -> Number:
    mask, sign = (1 << bits) - 1, 1 << (bits - 1)
    low, high = (-sign, sign - 1) if signed else (0, mask)

    def value(number: int) -> int:
        # A longer number is cut to the type's bits: 2**32 + 5 is 5, 2**31 is the least int32.
        number &= mask
        if zigzag:
            return number >> 1 ^ -(number & 1)
        return (number ^ sign) - sign if signed else number

    def write(number: int) -> bytes:
        if not low <= number <= high:
            raise ValueError(f"{number} is not within {low} and {high}")
        if zigzag:
            return varint(number << 1 if number >= 0 else ~number << 1 | 1)
        # int() of it: members of betterproto's enums have operators of their own.
        return varint(int(number) & _BITS64)

    return Number(VARINT, None, value, write)


def _fixed(wire_type: int, code: str) -> Number:
    layout = Struct("<" + code)

    def write(number: float) -> bytes:
        try:
            return layout.pack(number)
        except Exception as error:
            raise ValueError(f"{number!r}: {error}") from None

    return Number(wire_type, layout, lambda number: number, write)


NUMBERS: dict[str, Number] = {
    "int32": _varint(32, signed=True),
    "int64": _varint(64, signed=True),
    "uint32": _varint(32, signed=False),
    "uint64": _varint(64, signed=False),
    "sint32": _varint(32, signed=True, zigzag=True),
    "sint64": _varint(64, signed=True, zigzag=True),
    "bool": Number(VARINT, None, lambda number: number != 0, lambda flag: b"\x01" if flag else b"\x00"),
    "float": _fixed(FIXED32, "f"),
    "fixed32": _fixed(FIXED32, "I"),
    "sfixed32": _fixed(FIXED32, "i"),
    "double": _fixed(FIXED64, "d"),
    "fixed64": _fixed(FIXED64, "Q"),
    "sfixed64": _fixed(FIXED64, "q"),
}


def enumeration(member: Callable[[int], Any]) -> Number:
    """An enum, whose values ``member`` makes of numbers; one that has no name stays a number (enums are open)."""
    number = NUMBERS["int32"]
    return Number(VARINT, None, lambda bits: member(number.value(bits)), number.write)
