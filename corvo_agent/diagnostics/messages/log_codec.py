"""protos.Logs as bytes and back: records come by the thousand, and this takes an eighth of the codec's time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from ...protobuf.wire import LENGTH, decodes, fields, read_varint
from .map_entries import latin_varint, write_entries

_KEYS = 1024  # different keys of one answer that are remembered
_RECORD_HEADS = ["\n" + latin_varint(length) for length in range(4096)]


def encode_logs(records: Iterable[Mapping[str, str]]) -> bytes:
    """protos.Logs of ``records``. Lone surrogates are replaced; TypeError for a value that is not str."""
    parts: list[str] = []
    for record in records:
        body = write_entries(record)
        length = len(body)
        parts.append(_RECORD_HEADS[length] if length < len(_RECORD_HEADS) else "\n" + latin_varint(length))
        parts.append(body)
    return "".join(parts).encode("latin-1")


def decode_logs(data: bytes) -> list[dict[str, str]]:
    """The records of protos.Logs; DecodeError when the bytes are not that."""
    return _decode(data, _records(data), {})


def decode_logs_in_parts(data: bytes, count: int) -> Iterator[list[dict[str, str]]]:
    """The same, ``count`` records at a time: all those of a large answer take several times its memory."""
    records, keys = _records(data), dict[bytes, str]()
    while part := _decode(data, islice(records, count), keys):
        yield part


def _records(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each record starts and stops."""
    for number, kind, start, stop in fields(data, 0, len(data)):
        if number == 1 and kind == LENGTH:
            yield start, stop


@decodes("protos.Logs")
def _decode(data: bytes, records: Iterable[tuple[int, int]], keys: dict[bytes, str]) -> list[dict[str, str]]:
    """``keys`` are those that were met before: the same dozen stand in every record."""
    return [_decode_entries(data, start, stop, keys) for start, stop in records]


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
