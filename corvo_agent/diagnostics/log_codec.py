"""protos.Logs and map<string,string>: the two shapes that come by the thousand, so this file is written for speed.

Encoding works on str, not on bytes. A length is written as the characters with its bytes' code points, ASCII text
stands for itself, other text as the characters of its UTF-8 bytes; one ``encode("latin-1")`` at the end turns all of
it into the bytes. All that precedes a value (tags, lengths and the key) depends on the key and the value's length
only, so it is kept in a table, and an entry costs two look-ups and one concatenation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .wire import LENGTH, decodes, fields, read_varint, text, varint

_KEYS = 1024  # tables kept; log keys come from log lines, so their number must not grow without bound
_LENGTHS = 512  # heads kept for each key
_KEY_LENGTH = 128  # longer keys are not worth a table


class _Heads(dict[int, str]):
    """For one key: length of the value -> everything that stands before the value in its map entry."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    def __missing__(self, length: int) -> str:
        inner = "\n" + _varint(len(self._key)) + self._key + "\x12" + _varint(length)
        head = "\n" + _varint(len(inner) + length) + inner
        if len(self) < _LENGTHS:
            self[length] = head
        return head


def _varint(number: int) -> str:
    return varint(number).decode("latin-1")


def _latin(value: str) -> str:
    return value if value.isascii() else text(value).decode("latin-1")


_tables: dict[str, _Heads] = {}
_RECORD_HEADS = ["\n" + _varint(length) for length in range(4096)]


def _heads(key: str) -> _Heads:
    found = _tables.get(key)
    if found is None:
        found = _Heads(_latin(key))
        if len(key) <= _KEY_LENGTH:
            if len(_tables) >= _KEYS:
                _tables.clear()
            _tables[key] = found
    return found


def _entries(record: Mapping[str, str]) -> str:
    # One check of the joined values is cheaper than one for each of them.
    if "".join(record.values()).isascii():
        try:
            return "".join([_tables[key][len(value)] + value for key, value in record.items()])
        except KeyError:
            return "".join([_heads(key)[len(value)] + value for key, value in record.items()])
    return "".join([_heads(key)[len(latin := _latin(value))] + latin for key, value in record.items()])


def encode_map(values: Mapping[str, str]) -> bytes:
    """A message whose field 1 is a map<string,string>: protos.Log and protos.Stats."""
    return _entries(values).encode("latin-1")


def encode_logs(records: Iterable[Mapping[str, str]]) -> bytes:
    """protos.Logs of ``records``. Lone surrogates are replaced; TypeError for a value that is not str."""
    parts: list[str] = []
    for record in records:
        body = _entries(record)
        length = len(body)
        parts.append(_RECORD_HEADS[length] if length < len(_RECORD_HEADS) else "\n" + _varint(length))
        parts.append(body)
    return "".join(parts).encode("latin-1")


@decodes("protos.Logs")
def decode_logs(data: bytes) -> list[dict[str, str]]:
    """The records of protos.Logs; DecodeError when the bytes are not that."""
    keys: dict[bytes, str] = {}
    return [
        _decode_entries(data, start, stop, keys)
        for number, kind, start, stop in fields(data, 0, len(data))
        if number == 1 and kind == LENGTH
    ]


def decode_map(data: bytes, start: int, end: int) -> dict[str, str]:
    """The map<string,string> in field 1 of the message between ``start`` and ``end``.

    Raises DecodeError, IndexError and UnicodeDecodeError: call it under ``wire.decodes``.
    """
    return _decode_entries(data, start, end, {})


def _decode_entries(data: bytes, position: int, end: int, keys: dict[bytes, str]) -> dict[str, str]:
    """``keys`` remembers what was decoded before: the same dozen keys stand in every record."""
    record: dict[str, str] = {}
    while position < end:
        # As every encoder writes an entry: tag, length, key shorter than 128, value, nothing else (six bytes at
        # least). Numbers of one byte are read in place, a call for each would take half of the time.
        if position + 6 <= end and data[position] == 0x0A:
            length = data[position + 1]
            start = position + 2
            if length > 127:
                length, start = read_varint(data, position + 1)
            stop = start + length
            if length > 3 and stop <= end and data[start] == 0x0A and (size := data[start + 1]) < 128:
                middle = start + 2 + size
                if middle + 1 < stop and data[middle] == 0x12:
                    length = data[middle + 1]
                    first = middle + 2
                    if length > 127:
                        length, first = read_varint(data, middle + 1)
                    if first + length == stop:
                        raw = data[start + 2 : middle]
                        record[keys.get(raw) or _remember(raw, keys)] = data[first:stop].decode()
                        position = stop
                        continue
        position = _odd_field(data, position, end, record)
    return record


def _remember(raw: bytes, keys: dict[bytes, str]) -> str:
    key = raw.decode()
    if len(keys) < _KEYS:
        keys[raw] = key
    return key


def _odd_field(data: bytes, position: int, end: int, record: dict[str, str]) -> int:
    number, kind, start, stop = next(fields(data, position, end))
    if number == 1 and kind == LENGTH:
        key = value = ""
        for number, kind, first, last in fields(data, start, stop):
            if kind == LENGTH and number == 1:
                key = data[first:last].decode()
            elif kind == LENGTH and number == 2:
                value = data[first:last].decode()
        record[key] = value
    return stop
