"""Which units of a block are worth a closer look, found on bytes before any JSON is parsed.

A finder may point at units that turn out not to match. It never misses one that does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from heapq import merge
from typing import Protocol

import orjson

from ...levels.level import Level
from ..dialects.byte_pattern import BytePattern
from ..dialects.sieve import Sieve
from ..files.framing import Framing
from ..files.splitter import Chunk
from ..lines.marker import CUT, LEVEL, NUL
from ..lines.record import RAW
from ..lines.severity import Audit, passes
from .conditions import FieldCondition, Operator
from .pattern import Pattern, quoted
from .query import LogQuery
from .survey import Survey

#: Fields that a record may have without its line saying so, besides ``msg`` and ``level``.
ADDED = frozenset({"source", "@timestamp", "ts", "level", CUT, LEVEL, NUL})

_COLON = r"[ \t\r]*:[ \t\r]*"
_ENOUGH = 100  # characters of a value
_PLAIN = re.compile(r'[^"\\/\x00-\x1f]*')
_BACKSLASH = Pattern(r"\\")
_ANCHOR = re.compile(r"(?<!\[)\^|\$")  # ends of a line, which are others in what is shown


class Finder(Protocol):
    """Finds places in bytes."""

    def find(self, data: bytes | bytearray, start: int, end: int) -> int:
        """The first place in ``data[start:end]``, or -1."""
        ...


class Literal:
    """Finds given bytes."""

    def __init__(self, needle: bytes) -> None:
        self._needle = needle

    def find(self, data: bytes | bytearray, start: int, end: int) -> int:
        """The first place in ``data[start:end]``, or -1."""
        return data.find(self._needle, start, end)


class OddLines:
    """Finds lines that are not plainly a JSON object: text, and objects in an envelope."""

    _ODD = r'(?:[^{]|\{[^"}]|\{"log":")'

    def __init__(self) -> None:
        self._first = BytePattern(self._ODD)
        self._next = BytePattern("\n" + self._ODD)

    def find(self, data: bytes | bytearray, start: int, end: int) -> int:
        """Where the first such line of ``data[start:end]`` starts, or -1; ``start`` is the start of a line."""
        if self._first.begins(data, start, end + 1):
            return start
        found = self._next.find(data, start, end + 1)
        return -1 if found < 0 or found >= end else found + 1


def choose_finders(query: LogQuery, survey: Survey) -> tuple[Finder, ...]:
    """What finds every unit that may match ``query`` in a file; none when all of them have to be looked at.

    Those behind the first one find what it cannot: what is shown otherwise than it is written.
    """
    if query.fixed:
        return (Literal(query.fixed.encode("utf-8", "surrogatepass")), *_shown_finders(survey))
    # The fields of lines in envelopes, or of text, have other names before they are read.
    is_plain = not survey.dialect.is_text and not survey.dialect.envelope
    conditions = [found for each in query.fields if is_plain and (found := condition_finders(each, query))]
    for finders in conditions:
        if isinstance(finders[0], Pattern):
            return finders
    if query.trace:
        # Letters and digits can be escaped in one way only; a slash may have a backslash of its own.
        escapes = _BACKSLASH if "/" in query.trace else Pattern(r"\\u")
        return (Pattern(f"(?i){quoted(query.trace)}"), escapes, *_part_finders(survey))
    if query.grep:
        pattern = Pattern(query.grep)
        if pattern.spans_blocks and not _ANCHOR.search(query.grep):
            return (pattern, *_shown_finders(survey))
    if survey.template is not None and _hides_most(query):
        threshold = Level.DEBUG if query.level is None else query.level
        sieve = Sieve(survey.template, lambda severity: passes(severity, threshold, query.audit))
        return (sieve, *sieve.others)
    return conditions[0] if conditions else ()


def _hides_most(query: LogQuery) -> bool:
    return query.audit is Audit.ONLY or (query.level is not None and query.level > Level.INFO)


def _shown_finders(survey: Survey) -> tuple[Finder, ...]:
    """What finds lines that may be shown otherwise than they are written."""
    return (Literal(b"\\"), Literal(b"\x1b"), *_part_finders(survey))


def _part_finders(survey: Survey) -> tuple[Finder, ...]:
    """What finds lines that come in parts."""
    return (Literal(b" P "),) if survey.dialect.envelope == "cri" else ()


def spans(chunk: Chunk, finders: tuple[Finder, ...], framing: Framing) -> Iterator[tuple[int, int]]:
    """Where in ``chunk.data`` the units start and end that any of ``finders`` points at, in order, each one once."""
    found = merge(*(_spans(chunk, finder, framing) for finder in finders)) if len(finders) > 1 else None
    last = -1
    for span in found if found is not None else _spans(chunk, finders[0], framing):
        if span[0] != last:
            last = span[0]
            yield span


def _spans(chunk: Chunk, finder: Finder, framing: Framing) -> Iterator[tuple[int, int]]:
    data, position, end = chunk.data, chunk.start, chunk.end - 1
    while position <= end:
        found = finder.find(data, position, end)
        if found < 0:
            return
        start = framing.start_before(data, position, found)
        stop = framing.end_after(data, found, end)
        yield start, stop
        position = stop + 1


def condition_finders(condition: FieldCondition, query: LogQuery) -> tuple[Finder, ...]:
    """What finds every unit that may pass ``condition``; none when nothing can be said.

    Sound because JSON writes a text as it is or with backslashes, and an integer in one way only.
    """
    name, operand = condition.name, condition.operand
    if condition.operator in (Operator.NOT_EQUAL, Operator.NO_MATCH) or name in ADDED:
        return ()
    # Raw lines have msg and level without saying so.
    value = _value(operand) if condition.operator is Operator.EQUAL else ""
    if name == "msg" or (name == "level" and (operand == RAW or not value)):
        return (Literal(operand.encode()), _BACKSLASH) if value and operand and name == "msg" else ()
    key = name.rpartition(".")[2]
    if not value or query.joined:  # of joined lines, key and value may stand in two
        return (Literal(f'{key}"'.encode()), _BACKSLASH, OddLines())
    escapes = Pattern(r"\\u") if _PLAIN.fullmatch(operand) and _PLAIN.fullmatch(key) else _BACKSLASH
    return (Pattern(f"{quoted(_tail(key))}{_COLON}{value}"), escapes, OddLines())


def _value(operand: str) -> str:
    """The pattern of how a value that equals ``operand`` starts in JSON; "" when there are several ways."""
    if operand == "":
        return '(?:""|[,}])'  # or nothing at all
    # U+FFFD may stand for bytes that are no UTF-8, a newline for one that joins two lines.
    if operand[0] in "[{" or {"\ufffd", "\n"} & set(operand):
        return ""
    try:
        scalar = orjson.loads(operand)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return '"?' + quoted(operand[:_ENOUGH])  # a word such as NaN may have no quotes
    return "" if type(scalar) is float else '"?' + quoted(operand[:_ENOUGH])


def _tail(key: str) -> str:
    # As telling as the whole key with its quote, and it starts with a rarer byte.
    return key[-3:] + '"'
