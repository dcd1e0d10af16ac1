"""Which units of a block are worth a closer look, found on bytes before any JSON is parsed.

A finder may point at units that turn out not to match. It never misses one that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from typing import Protocol

from ..levels import Level
from .fields import needed_bytes
from .pattern import Pattern
from .query import LogQuery
from .severity import passing_names
from .splitter import Chunk, Framing


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

    Ordered by how rare the finds are likely to be. The second one, if any, finds what the first cannot: texts that
    JSON writes with backslashes.
    """
    if query.fixed:
        return (Literal(query.fixed.encode("utf-8", "surrogateescape")),)
    needles = [needle for condition in query.fields if (needle := needed_bytes(condition))]
    if needles:
        return (Literal(max(needles, key=len)), Pattern(r"\\"))
    if query.grep:
        pattern = Pattern(query.grep)
        if pattern.spans_blocks:
            return (pattern,)
    return _level_finders(query)


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


def _level_finders(query: LogQuery) -> tuple[Finder, ...]:
    names = passing_names(Level.DEBUG if query.level is None else query.level, query.audit)
    if names is None:
        return ()
    # A key's last letters are as telling as the whole key, and start with a rarer byte than its quote. In units of
    # several lines there may be a newline between key and value, which patterns do not match.
    before = "" if query.joined else r'vel"[ \t\r]*:[ \t\r]*'
    return (Pattern(rf'{before}"(?i:{"|".join(names)})"'), Pattern(r"\\u00[4-7]"))
