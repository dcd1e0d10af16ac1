"""From the bytes of a log line to the record that is returned: a flat dict of text.

A JSON object becomes itself, with values that are not text rendered as compact JSON; everything else becomes
``{"msg": text, "level": "raw"}``. ``source`` and ``@timestamp`` are added where the line does not have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import orjson

from ..errors import InvalidArgument
from ..timestamps import format_millis, parse_rfc3339
from .marker import CUT, MARKER, NUL

Record = dict[str, str]
RAW = "raw"

_GROUP = 512  # lines parsed in one call into C: about a quarter of a millisecond during which nobody else can run


def build_records(lines: Sequence[bytes], source: str) -> list[Record]:
    """The records of whole lines of the file ``source``, in the same order. Never raises on what a line holds."""
    records: list[Record] = []
    for start in range(0, len(lines), _GROUP):
        records += _build_group(lines[start : start + _GROUP], source)
    return records


def cut_record(data: bytes, length: int, source: str) -> Record:
    """The record of a line of ``length`` bytes that was cut to ``data``: raw, and ``corvo.cut`` tells the length."""
    record = _raw(data, source)
    record[CUT] = str(length)
    return record


def parse_object(line: bytes) -> dict[str, Any] | None:
    """The JSON object that ``line`` holds, or None."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return value if type(value) is dict else None


def to_text(value: Any) -> str:
    """A JSON value as a record holds it: text as it is, everything else as compact JSON.

    Raises orjson.JSONEncodeError when it is nested too deeply.
    """
    return value if type(value) is str else orjson.dumps(value).decode()


def _build_group(lines: Sequence[bytes], source: str) -> list[Record]:
    # The common case in three calls into C: every line an object, every value text.
    try:
        records: list[Record] = list(map(orjson.loads, lines))
        if not set(map(type, chain.from_iterable(map(dict.values, records)))) <= {str}:
            raise TypeError
    except (orjson.JSONDecodeError, TypeError):
        return [_build_one(line, source) for line in lines]
    _complete(records, source)
    if MARKER in [record.get("level") for record in records]:
        # Nobody but us makes markers: a line that claims to be one is only text.
        for index, record in enumerate(records):
            if record.get("level") == MARKER:
                records[index] = _raw(lines[index], source)
    return records


def _build_one(line: bytes, source: str) -> Record:
    nuls = 0
    if line[:1] == b"\0":
        stripped = line.lstrip(b"\0")
        nuls, line = len(line) - len(stripped), stripped
    value = parse_object(line)
    record = None if value is None else _flatten(value)
    if record is None or record.get("level") == MARKER:
        record = _raw(line, source)
    else:
        _complete([record], source)
    if nuls:
        record[NUL] = str(nuls)
    return record


def _flatten(value: dict[str, Any]) -> Record | None:
    try:
        return {key: to_text(item) for key, item in value.items()}
    except orjson.JSONEncodeError:  # nested deeper than can be written
        return None


def _raw(line: bytes, source: str) -> Record:
    return {"msg": line.rstrip(b"\r").decode("utf-8", "replace"), "level": RAW, "source": source}


def _complete(records: Iterable[Record], source: str) -> None:
    """Add ``source`` and ``@timestamp`` where they are missing."""
    second = None  # neighbouring lines share their second: only the digits after it have to be looked at
    for record in records:
        if "source" not in record:
            record["source"] = source
        ts = record.get("ts")
        if ts and "@timestamp" not in record:
            if ts[:20] == second and len(ts) >= 24 and ts[-1] == "Z" and ts[20:-1].isdigit() and ts.isascii():
                record["@timestamp"] = ts[:23] + "Z"
            elif stamp := _stamp(ts):
                record["@timestamp"] = stamp
                second = stamp[:20] if ts[-1] == "Z" and ts[:20] == stamp[:20] else None


def _stamp(ts: str) -> str:
    """The time in milliseconds, UTC; "" when ``ts`` is not a time."""
    try:
        return format_millis(parse_rfc3339(ts))
    except InvalidArgument:
        return ""


def size_of(records: Iterable[Record]) -> int:
    """Bytes of keys and values as characters: a lower bound of what the records take when they are sent."""
    return sum(map(len, chain.from_iterable(chain.from_iterable(map(dict.items, records)))))
