"""From the bytes of a log line to the record that is returned: a flat dict of text.

A JSON object becomes itself, with values that are not text rendered as compact JSON; everything else becomes
``{"msg": text, "level": "raw"}``. ``source`` and ``@timestamp`` are added where the line does not have them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import orjson

from ...errors import InvalidArgument
from ...timestamps import format_millis, parse_rfc3339
from .marker import CUT, MARKER, NUL

Record = dict[str, str]
RAW = "raw"

# Put between lines that are parsed as one JSON array: a number that no line can hold but by chance.
_BETWEEN = secrets.randbits(62)
_SEPARATOR = b",%d," % _BETWEEN

_GROUP = 512  # lines parsed in one call into C: about a quarter of a millisecond during which no other thread can run


def build_records(units: Sequence[bytes], source: str) -> list[Record]:
    """The records of lines of the file ``source``, in the same order. Never raises on what a line holds.

    A unit of several lines is an object and text that belongs to it: the text is appended to ``msg``.
    """
    records: list[Record] = []
    for start in range(0, len(units), _GROUP):
        records += _build_group(units[start : start + _GROUP])
    _complete(records, source)
    return records


def build_block(block: bytes, count: int, source: str) -> list[Record] | None:
    """The records of the ``count`` lines of ``block``, which ends with a newline, in four fifths of the time.

    None when one of them is no JSON object and has to be looked at by itself: see ``build_records``.
    """
    try:
        found = orjson.loads(b"[%b]" % block[:-1].replace(b"\n", _SEPARATOR))
    except orjson.JSONDecodeError:
        return None
    # Every separator has to be in its place: lines such as ``{"a":[1`` and ``2]}`` are no object together.
    if len(found) != 2 * count - 1 or found[1::2].count(_BETWEEN) != count - 1:
        return None
    records = _all_text(found[::2])
    if records is not None:
        _complete(records, source)
    return records


def cut_record(data: bytes, length: int, source: str) -> Record:
    """The record of a unit of ``length`` bytes that was cut to ``data``: raw, and ``corvo.cut`` tells the length."""
    return {**raw_document(data), "source": source, CUT: str(length)}


def read_document(unit: bytes) -> dict[str, Any]:
    """What conditions look at: the object that a unit holds, its values as they are, or ``msg`` and ``level: raw``."""
    try:
        document = orjson.loads(unit)
    except orjson.JSONDecodeError:
        return _read_odd(unit)
    if type(document) is not dict or document.get("level") == MARKER:
        return raw_document(unit)
    return document


def to_text(value: Any) -> str:
    """A JSON value as a record holds it: text as it is, everything else as compact JSON.

    Raises orjson.JSONEncodeError when it is nested too deeply.
    """
    return value if type(value) is str else orjson.dumps(value).decode()


def _build_group(units: Sequence[bytes]) -> list[Record]:
    # The common case in three calls into C: every unit an object, every value text.
    try:
        records = _all_text(list(map(orjson.loads, units)))
    except orjson.JSONDecodeError:
        records = None
    return [_flatten(read_document(unit), unit) for unit in units] if records is None else records


def _all_text(documents: list[Any]) -> list[Record] | None:
    """The documents of some lines, their values made text in place; None when one of them is not to be taken as is."""
    try:
        if not set(map(type, chain.from_iterable(map(dict.values, documents)))) <= {str}:
            for document in documents:
                for key, value in document.items():
                    if type(value) is not str:
                        document[key] = orjson.dumps(value).decode()
    except TypeError:  # one that is no object, or is nested deeper than can be written
        return None
    return None if MARKER in [document.get("level") for document in documents] else documents


def _read_odd(unit: bytes) -> dict[str, Any]:
    """A unit that is no JSON as a whole."""
    stripped = unit.lstrip(b"\0")
    if len(stripped) < len(unit):
        document = read_document(stripped)
        document[NUL] = str(len(unit) - len(stripped))
        return document
    head, newline, rest = unit.partition(b"\n")
    if not newline:
        return raw_document(unit)
    document = read_document(head)
    try:
        document["msg"] = f"{to_text(document.get('msg', ''))}\n{_decode(rest)}"
    except orjson.JSONEncodeError:
        return raw_document(unit)
    return document


def _flatten(document: dict[str, Any], unit: bytes) -> Record:
    try:
        return {key: to_text(value) for key, value in document.items()}
    except orjson.JSONEncodeError:  # nested deeper than can be written
        return raw_document(unit)


def raw_document(unit: bytes) -> Record:
    """A unit as text. Only the engine makes markers: a line that claims to be one ends here, too."""
    return {"msg": _decode(unit), "level": RAW}


def _decode(text: bytes) -> str:
    return text.removesuffix(b"\r").decode("utf-8", "replace")


def _complete(records: Iterable[Record], source: str) -> None:
    """Add ``source`` and ``@timestamp`` where they are missing."""
    # Neighbouring lines share their second, or their minute: only what stands behind has to be looked at.
    second = minute = None
    for record in records:
        if "source" not in record:
            record["source"] = source
        ts = record.get("ts")
        if not ts or "@timestamp" in record:
            continue
        if ts[:20] == second and len(ts) > 23 and ts[-1] == "Z" and ts[20:-1].isdigit() and ts.isascii():
            record["@timestamp"] = ts[:23] + "Z"
        elif ts[:17] == minute and len(ts) > 23 and _ends_plainly(ts):
            record["@timestamp"] = ts[:23] + "Z"
            second = ts[:20]
        elif stamp := _stamp(ts):
            record["@timestamp"] = stamp
            minute = stamp[:17] if ts[:20] == stamp[:20] and ts[-1] == "Z" else None
            second = None


def _ends_plainly(ts: str) -> bool:
    """Whether a time of at least 24 characters ends in seconds (no leap second), a fraction and Z."""
    return ts[-1] == "Z" and ts[19] == "." and ts[17] < "6" and (ts[17:19] + ts[20:-1]).isdigit() and ts.isascii()


def _stamp(ts: str) -> str:
    """The time in milliseconds, UTC; "" when ``ts`` is not a time."""
    try:
        return format_millis(parse_rfc3339(ts))
    except InvalidArgument:
        return ""


def size_of(record: Record) -> int:
    """Bytes of all keys and values in UTF-8: what an answer's bound on its size counts."""
    return sum(len(text) if text.isascii() else len(text.encode()) for item in record.items() for text in item)
