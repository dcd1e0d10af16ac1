"""Protobuf's binary encoding, as much of it as we need: varints, tags, lengths and what to pass over.

The format is protobuf.dev's "Encoding" page. Reading is as strict as google.protobuf's C core: what it refuses is a
DecodeError here, and fields that we do not know are passed over, groups included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar

from ..errors import DecodeError

VARINT, FIXED64, LENGTH, START_GROUP, END_GROUP, FIXED32 = range(6)
_MAX_TAG = (1 << 32) - 1
_MAX_LENGTH = (1 << 31) - 1
_MAX_DEPTH = 100

P = ParamSpec("P")
T = TypeVar("T")


def varint(number: int) -> bytes:
    """``number`` (not negative) in groups of seven bits, lowest first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def delimited(field: int, value: bytes) -> bytes:
    """Field number ``field`` (below 16) holding ``value``: tag, length, bytes."""
    return b"%c%b%b" % (field << 3 | LENGTH, varint(len(value)), value)


def text(value: str) -> bytes:
    """``value`` in UTF-8; a lone surrogate, which UTF-8 cannot hold, becomes ``?``."""
    return value.encode("utf-8", "replace")


def decodes(what: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a function that reads protobuf bytes raise DecodeError of ``what`` for whatever is wrong with them."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except IndexError:
                raise DecodeError(what, "it ends in the middle of a field") from None
            except UnicodeDecodeError as error:
                raise DecodeError(what, f"text that is not UTF-8: {error.reason}") from error
            except DecodeError as error:
                raise DecodeError(what, error.reason) from None

        return wrapper

    return decorate


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at ``position``, cut to 64 bits, and the position after it.

    Raises IndexError where the data ends inside it, DecodeError when it is longer than ten bytes.
    """
    byte = data[position]
    if byte < 128:
        return byte, position + 1
    number = byte & 127
    for index in range(1, 10):
        byte = data[position + index]
        number |= (byte & 127) << 7 * index
        if byte < 128:
            return number & 0xFFFF_FFFF_FFFF_FFFF, position + index + 1
    raise DecodeError("protobuf", f"a number longer than ten bytes at byte {position}")


def read_length(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Bounds (start, stop) of the bytes whose length stands at ``position``; DecodeError when they pass ``end``."""
    length, start = read_varint(data, position)
    stop = start + length
    if length > _MAX_LENGTH or stop > end:
        raise DecodeError("protobuf", f"{length} bytes announced at byte {position}, {max(end - start, 0)} are there")
    return start, stop


def read_tag(data: bytes, position: int) -> tuple[int, int, int]:
    """Field number, wire type and the position after the tag; DecodeError for a number out of range."""
    tag, after = read_varint(data, position)
    if tag > _MAX_TAG or after - position > 5:
        raise DecodeError("protobuf", f"field number out of range at byte {position}")
    return tag >> 3, tag & 7, after


class FieldBudget:
    """How many fields a whole message, the messages in it included, may have before it is refused."""

    __slots__ = ("_left", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit

    def spend(self) -> None:
        """One field more; DecodeError when there are too many."""
        self._left -= 1
        if self._left < 0:
            raise DecodeError("protobuf", f"more than {self._limit} fields")


def fields(data: bytes, start: int, end: int, budget: FieldBudget | None = None) -> Iterator[tuple[int, int, int, int]]:
    """Every field between ``start`` and ``end`` as (number, wire type, start, stop of its value).

    Raises DecodeError and IndexError: call it under ``decodes``. Without ``budget`` only the data's length bounds it.
    """
    position = start
    while position < end:
        number, kind, position = read_tag(data, position)
        if number == 0:
            raise DecodeError("protobuf", f"field number 0 before byte {position}")
        if budget is not None:
            budget.spend()
        if kind == LENGTH:
            first, stop = read_length(data, position, end)
        else:
            first, stop = position, skip(data, position, end, number, kind, budget)
        yield number, kind, first, stop
        position = stop


def skip(data: bytes, position: int, end: int, number: int, kind: int, budget: FieldBudget | None) -> int:
    """The position after the value of field ``number`` at ``position``; raises as ``fields`` does."""
    if kind == VARINT:
        position = read_varint(data, position)[1]
    elif kind == FIXED64:
        position += 8
    elif kind == FIXED32:
        position += 4
    elif kind == LENGTH:
        position = read_length(data, position, end)[1]
    elif kind == START_GROUP:
        position = _skip_group(data, position, end, number, budget)
    else:
        raise DecodeError("protobuf", f"wire type {kind} before byte {position}")
    if position > end:
        raise DecodeError("protobuf", "it ends in the middle of a field")
    return position


def _skip_group(data: bytes, position: int, end: int, group: int, budget: FieldBudget | None) -> int:
    # Groups nest; a list of the open ones instead of recursion keeps the depth ours to bound.
    groups = [group]
    while position < end:
        number, kind, position = read_tag(data, position)
        if budget is not None:
            budget.spend()
        if kind == START_GROUP:
            groups.append(number)
            if len(groups) > _MAX_DEPTH:
                raise DecodeError("protobuf", f"groups nested deeper than {_MAX_DEPTH}")
        elif kind == END_GROUP:
            if groups.pop() != number:
                break
            if not groups:
                return position
        else:
            position = skip(data, position, end, number, kind, budget)
    raise DecodeError("protobuf", f"a group of field {group} without its end")
