"""Protobuf messages read and written field by field, for the few types of DiagnosticsV1.

betterproto takes some 0.3 ms for one Module; a list has thousands of them. What we write is what a Go peer writes:
messages that Go cannot leave out are there, empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...protobuf.wire import LENGTH, VARINT, FieldBudget, fields, read_varint, text, varint

_BILLION = 1_000_000_000
#: Fields that one message from outside may have.
MAX_FIELDS = 100_000


class Fields:
    """The fields of one message: what ``text(3)`` and the like read of it.

    Reading raises DecodeError, IndexError and UnicodeDecodeError for malformed bytes: do it under ``wire.decodes``.
    """

    def __init__(self, data: bytes, budget: FieldBudget | None = None) -> None:
        self._budget = budget or FieldBudget(MAX_FIELDS)
        self._lengths: dict[int, list[bytes]] = {}
        self._numbers: dict[int, int] = {}
        for number, kind, start, stop in fields(data, 0, len(data), self._budget):
            if kind == LENGTH:
                self._lengths.setdefault(number, []).append(data[start:stop])
            elif kind == VARINT:
                self._numbers[number] = read_varint(data, start)[0]

    def text(self, number: int) -> str:
        """A string, "" when absent."""
        return self._lengths[number][-1].decode() if number in self._lengths else ""

    def texts(self, number: int) -> tuple[str, ...]:
        """A repeated string."""
        return tuple(value.decode() for value in self._lengths.get(number, ()))

    def integer(self, number: int) -> int:
        """An int32 or int64, 0 when absent."""
        value = self._numbers.get(number, 0)
        return value - (1 << 64) if value >> 63 else value

    def flag(self, number: int) -> bool:
        """A bool."""
        return self._numbers.get(number, 0) != 0

    def message(self, number: int) -> Fields:
        """A nested message, empty when absent; several are one, as protobuf merges them."""
        return Fields(b"".join(self._lengths.get(number, ())), self._budget)

    def has(self, number: int) -> bool:
        """Whether the nested message is there."""
        return number in self._lengths

    def messages(self, number: int) -> list[Fields]:
        """A repeated message."""
        return [Fields(value, self._budget) for value in self._lengths.get(number, ())]

    def text_map(self, number: int) -> dict[str, str]:
        """A map<string,string>."""
        return {entry.text(1): entry.text(2) for entry in self.messages(number)}

    def time(self, number: int) -> int:
        """An api.Timestamp in nanoseconds, 0 when absent."""
        inner = self.message(number).message(1)
        return inner.integer(1) * _BILLION + inner.integer(2)


def put_message(number: int, value: bytes) -> bytes:
    """A nested message or bytes, written also when empty."""
    return varint(number << 3 | LENGTH) + varint(len(value)) + value


def put_text(number: int, value: str) -> bytes:
    """A string, left out when empty."""
    return _bytes(number, value) if value else b""


def put_texts(number: int, values: Iterable[str]) -> bytes:
    """A repeated string."""
    return b"".join(_bytes(number, value) for value in values)


def put_integer(number: int, value: int) -> bytes:
    """An int32, int64 or bool, left out when 0."""
    return varint(number << 3 | VARINT) + varint(value & 0xFFFF_FFFF_FFFF_FFFF) if value else b""


def put_map(number: int, values: Mapping[str, str]) -> bytes:
    """A map<string,string>; an entry always has key and value."""
    return b"".join(put_message(number, _bytes(1, key) + _bytes(2, value)) for key, value in values.items())


def put_time(number: int, nanoseconds: int) -> bytes:
    """An api.Timestamp: a message around Google's, which Go writes also when it is 0."""
    seconds, rest = divmod(nanoseconds, _BILLION)
    return put_message(number, put_message(1, put_integer(1, seconds) + put_integer(2, rest)))


def _bytes(number: int, value: str) -> bytes:
    return put_message(number, text(value))
