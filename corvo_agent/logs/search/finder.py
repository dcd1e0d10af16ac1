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
from ..files.splitter import Chunk, Framing
from ..lines.marker import CUT, NUL
from ..lines.record import RAW
from ..lines.severity import passing_names
from .conditions import FieldCondition, Operator
from .pattern import Pattern, quoted
from .query import LogQuery

#: Fields that a record may have without its line saying so, besides ``msg`` and ``level``.
ADDED = frozenset({"source", "@timestamp", CUT, NUL})

_COLON = r"[ \t\r]*:[ \t\r]*"
_ENOUGH = 100  # characters of a value
_PLAIN = re.compile(r'[^"\\/\x00-\x1f]*')
_BACKSLASH = Pattern(r"\\")


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


def choose_finders(query: LogQuery) -> tuple[Finder, ...]:
    """What finds every unit that may match ``query``; none when all of them have to be looked at.

    The second one, if any, finds what the first cannot: texts that JSON writes with backslashes.
    """
    if query.fixed:
        return (Literal(query.fixed.encode("utf-8", "surrogatepass")),)
    conditions = [found for condition in query.fields if (found := condition_finders(condition, query))]
    for finders in conditions:
        if isinstance(finders[0], Pattern):
            return finders
    if query.grep:
        pattern = Pattern(query.grep)
        if pattern.spans_blocks:
            return (pattern,)
    return _level_finders(query) or (conditions[0] if conditions else ())


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
        return (Literal(f'{key}"'.encode()), _BACKSLASH)
    escapes = Pattern(r"\\u") if _PLAIN.fullmatch(operand) and _PLAIN.fullmatch(key) else _BACKSLASH
    return (Pattern(f"{quoted(_tail(key))}{_COLON}{value}"), escapes)


def _value(operand: str) -> str:
    """The pattern of how a value that equals ``operand`` starts in JSON; "" when there are several ways."""
    if operand == "":
        return '""'
    # U+FFFD may stand for bytes that are no UTF-8, a newline for one that joins two lines.
    if operand[0] in "[{" or {"\ufffd", "\n"} & set(operand):
        return ""
    try:
        scalar = orjson.loads(operand)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return '"' + quoted(operand[:_ENOUGH])
    return "" if type(scalar) is float else '"?' + quoted(operand[:_ENOUGH])


def _tail(key: str) -> str:
    # As telling as the whole key with its quote, and it starts with a rarer byte.
    return key[-3:] + '"'


def _level_finders(query: LogQuery) -> tuple[Finder, ...]:
    names = passing_names(Level.DEBUG if query.level is None else query.level, query.audit)
    if names is None:
        return ()
    before = "" if query.joined else _tail("level") + _COLON
    return (Pattern(f'{before}"(?i:{"|".join(names)})"'), Pattern(r"\\u00[4-7]"))
