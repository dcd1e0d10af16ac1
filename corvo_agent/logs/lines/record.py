"""From the bytes of a log line to the record that is returned: a flat dict of text.

A JSON object becomes itself, with values that are not text rendered as compact JSON; a line of text in a known form
becomes its parts, among them ``ts``, ``level`` and ``msg``; everything else becomes ``{"msg": text, "level": "raw"}``.
``source``, ``@timestamp``, and ``level`` are added where the line does not have them, and ``corvo.level`` where its
level is no plain word.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import chain
from typing import Any

import orjson

from ...timestamps import format_millis
from ..dialects.envelopes import join_parts, open_envelopes
from ..dialects.fields import Field, text_of
from ..dialects.json_text import is_exact, parse_object, parse_start, to_text
from ..dialects.line_reader import LineReader
from ..dialects.severity import PLAIN_WORDS, of_word
from .marker import CUT, LEVEL, MARKER, NUL, may_be_own, with_own_moved

Record = dict[str, str]
RAW = "raw"

# Put between lines that are parsed as one JSON array: a number that no line can hold but by chance.
_BETWEEN = secrets.randbits(62)
_SEPARATOR = b",%d," % _BETWEEN

_GROUP = 512  # lines parsed in one call into C: about a quarter of a millisecond during which no other thread can run


class RecordBuilder:
    """Makes records of units of the file ``source``, whose lines ``reader`` reads.

    Never raises on what a line holds. Not safe for two threads at once.
    """

    def __init__(self, source: str, reader: LineReader | None = None) -> None:
        self._source = source
        self.reader = LineReader() if reader is None else reader

    def build(self, units: Sequence[bytes]) -> list[Record]:
        """The records of units, in the same order.

        Of a unit of several lines, the text behind the first one is appended to its message.
        """
        records: list[Record] = []
        for start in range(0, len(units), _GROUP):
            records += self._build_group(units[start : start + _GROUP])
        return records

    def build_block(self, block: bytes, count: int) -> list[Record] | None:
        """The records of the ``count`` lines of ``block``, which ends with a newline, in four fifths of the time.

        None when one of them is no plain JSON object and has to be looked at by itself: see ``build``.
        """
        try:
            found = orjson.loads(b"[%b]" % block[:-1].replace(b"\n", _SEPARATOR))
        except orjson.JSONDecodeError:
            return None
        # Every separator has to be in its place: lines such as ``{"a":[1`` and ``2]}`` are no object together.
        if len(found) != 2 * count - 1 or found[1::2].count(_BETWEEN) != count - 1:
            return None
        return self._plain(found[::2], (block,))

    def build_cut(self, data: bytes, length: int, hole: int) -> Record:
        """The record of a unit of ``length`` bytes of which ``data`` is kept, behind ``hole`` NUL bytes.

        When that is not all of it, ``corvo.cut`` tells the whole length.
        """
        if hole + len(data) >= length:
            return self._record(data, self.document(data), hole)
        return {**self._record(data, self.cut_document(data), hole), CUT: str(length)}

    def document(self, unit: bytes) -> dict[str, Any]:
        """What conditions look at: the fields of a unit, values as they are, or ``msg`` and ``level: raw``."""
        if unit.startswith(b"{"):
            found = self.reader.read(unit) if b"\n" not in unit else None
            if found is not None and found.get("level") != MARKER:
                return with_own_moved(found)
        return self._read_odd(unit)

    def cut_document(self, data: bytes) -> dict[str, Any]:
        """The same of a unit of which only the beginning is there: the members that are whole, for a JSON object."""
        letter = open_envelopes(data)
        found = parse_start(letter.line)
        if not found or found.get("level") == MARKER:
            return raw_document(data) if found or letter.line.startswith(b"{") else self.document(data)
        return with_own_moved(self.reader.with_envelope(found, letter))

    def shown(self, unit: bytes) -> bytes:
        """The unit as people see it: out of its envelopes, and the values of an object without escapes."""
        lines = [open_envelopes(line).line.removesuffix(b"\r") for _, line in join_parts(unit.split(b"\n"))]
        document = parse_object(lines[0]) or {}
        try:
            values = [to_text(value).encode("utf-8", "replace") for value in document.values()]
        except orjson.JSONEncodeError:
            values = []
        return b"\n".join((*lines, *values))

    def _build_group(self, units: Sequence[bytes]) -> list[Record]:
        # The common case in three calls into C: every unit an object, every value text.
        try:
            records = self._plain(list(map(orjson.loads, units)), units)
        except orjson.JSONDecodeError:
            records = None
        return [self._record(unit, self.document(unit)) for unit in units] if records is None else records

    def _plain(self, documents: list[Any], units: Sequence[bytes]) -> list[Record] | None:
        """The records of lines with ``documents``, which are changed; None when one of them cannot be taken as is."""
        try:
            # A plain word for a level, which a marker and an envelope do not have.
            if not PLAIN_WORDS.issuperset([document.get("level") for document in documents]):
                return None
            if self.reader.first_level_key[0] != "level" or may_be_own(set().union(*documents)):
                return None
            times: list[int | None] = []
            if not set(map(type, chain.from_iterable(map(dict.values, documents)))) <= {str}:
                if not all(map(is_exact, units)):
                    return None
                times = self._times(documents)
                for document in documents:
                    for key, value in document.items():
                        if type(value) is not str:
                            document[key] = orjson.dumps(value).decode()
        except (TypeError, AttributeError):  # one that is no object, or is nested deeper than can be written
            return None
        self._complete(documents, times)
        return documents

    def _times(self, documents: list[dict[str, Any]]) -> list[int | None]:
        """The times of lines that do not have them where the contract has them."""
        return [
            None if "@timestamp" in document or type(document.get("ts")) is str else self.reader.time(document)
            for document in documents
        ]

    def _record(self, unit: bytes, document: dict[str, Any], hole: int = 0) -> Record:
        severity, time = self.reader.severity(document), None
        if "@timestamp" not in document:
            time = self.reader.time(document)
        try:
            record = {key: to_text(value) for key, value in document.items()}
        except orjson.JSONEncodeError:  # nested deeper than can be written
            record = raw_document(unit)
        # Another key than ``level`` may be the one that counts, and say something else.
        word = record.get("level", "")
        if severity is not None and not (word in PLAIN_WORDS and of_word(word) is severity):
            record["level" if "level" not in record else LEVEL] = severity.word
        if hole:
            record[NUL] = str(hole)
        self._complete([record], [time])
        return record

    def _read_odd(self, unit: bytes) -> dict[str, Any]:
        """A unit that is no JSON object by itself."""
        stripped = unit.lstrip(b"\0")
        if len(stripped) < len(unit):
            document = self.document(stripped)
            document[NUL] = str(len(unit) - len(stripped))
            return document
        head, *rest = (line for _, line in join_parts(unit.split(b"\n"))) if b"\n" in unit else (unit,)
        found = self.reader.read(head)
        is_read = found is not None and found.get("level") != MARKER
        document = with_own_moved(found) if found is not None and is_read else raw_document(head)
        if not rest:
            return document
        message = text_of(document, Field.MESSAGE)
        key = message[0] if message is not None and message[0] in document else "msg"
        below = b"\n".join(open_envelopes(line).line for line in rest)
        try:
            document[key] = f"{to_text(document.get(key, ''))}\n{_decode(below)}"
        except orjson.JSONEncodeError:
            return raw_document(unit)
        return document

    def _complete(self, records: list[Record], times: list[int | None]) -> None:
        """Add ``source`` and ``@timestamp`` where they are missing.

        ``times`` are those of lines without ``ts``; when there are none, the lines say them as the records do.
        """
        # Neighbouring lines share their second, or their minute: only what stands behind has to be looked at.
        second = minute = None
        for index, record in enumerate(records):
            if "source" not in record:
                record["source"] = self._source
            if "@timestamp" in record:
                continue
            ts = record.get("ts")
            if not ts:
                time = times[index] if times else self.reader.time(record)
                if time is not None:
                    record["@timestamp"] = format_millis(time)
            elif ts[:20] == second and len(ts) > 23 and ts[-1] == "Z" and ts[20:-1].isdigit() and ts.isascii():
                record["@timestamp"] = ts[:23] + "Z"
            elif ts[:17] == minute and len(ts) > 23 and _ends_plainly(ts):
                record["@timestamp"] = ts[:23] + "Z"
                second = ts[:20]
            elif (read := (times[index] if times else None) or self.reader.time(record)) is not None:
                stamp = record["@timestamp"] = format_millis(read)
                minute = stamp[:17] if ts[:20] == stamp[:20] and ts[-1] == "Z" else None
                second = None


def raw_document(unit: bytes) -> Record:
    """A unit as text. Only the engine makes markers: a line that claims to be one ends here, too."""
    return {"msg": _decode(unit), "level": RAW}


def _decode(text: bytes) -> str:
    return text.removesuffix(b"\r").decode("utf-8", "replace")


def _ends_plainly(ts: str) -> bool:
    """Whether a time of at least 24 characters ends in seconds (no leap second), a fraction and Z."""
    return ts[-1] == "Z" and ts[19] == "." and ts[17] < "6" and (ts[17:19] + ts[20:-1]).isdigit() and ts.isascii()


def size_of(record: Record) -> int:
    """Bytes of all keys and values in UTF-8: what an answer's bound on its size counts."""
    return sum(len(text) if text.isascii() else len(text.encode()) for item in record.items() for text in item)
