"""Decides which units of a log a query wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

import orjson

from ...levels.level import Level
from ..files.splitter import JOINED, LINES, Chunk, Lines
from ..lines.line_time import LineClock
from ..lines.marker import MARKER
from ..lines.record import Record, build_block, build_records, cut_record, raw_document, read_document
from ..lines.severity import Audit, passes
from .conditions import FieldCondition, lookup
from .finder import ADDED, choose_finders, spans
from .pattern import Pattern
from .query import LogQuery

_GROUP = 512  # lines parsed in one call into C
_CROWDED = 32  # blocks that are looked at whole after one in which most lines were worth a closer look


class Matcher:
    """A query made ready to be asked about the units of the file ``source``.

    Raises InvalidArgument when a pattern of the query is not a valid RE2 expression. Not safe for two threads at once.
    """

    def __init__(self, query: LogQuery, source: str, max_unit: int) -> None:
        self.framing = JOINED if query.joined else LINES
        self._source = source
        self._max_unit = max_unit
        self._finders = choose_finders(query)
        self._on_bytes = _tests_on_bytes(query)
        self._on_document = _tests_on_document(query)
        self._adds = any(condition.name in ADDED for condition in query.fields)
        self._columns = query.columns
        self._crowded = 0
        #: Whether every unit matches.
        self.takes_all = not self._on_bytes and not self._on_document

    def select(self, chunk: Chunk, count: int = -1) -> Lines:
        """The units of ``chunk`` that match, in order; the last ``count`` are enough."""
        # Nothing to test: the units need not even be parsed to be chosen.
        if self.takes_all:
            return chunk.lines(self.framing, self._max_unit, count)
        if not self._finders or self._crowded:
            self._crowded = max(self._crowded - 1, 0)
            return self._filtered(chunk.lines(self.framing, self._max_unit))
        return self._found(chunk)

    def _found(self, chunk: Chunk) -> Lines:
        """What matches of the units that the finders point at."""
        kept: list[bytes] = []
        offsets: list[int] = []
        cut: dict[int, int] = {}
        looked_at = 0
        for start, stop in spans(chunk, self._finders, self.framing):
            looked_at += 1
            # What the answer cuts off is not searched either, so that a line matches by what is shown of it.
            data = bytes(chunk.data[start : min(stop, start + self._max_unit)])
            length = max(chunk.length, stop - start)
            if self.matches(data, length):
                if length > len(data):
                    cut[len(kept)] = length
                kept.append(data)
                offsets.append(chunk.offset + start)
        if looked_at > _CROWDED and not self._on_bytes:
            # Where most lines are pointed at, it is quicker to look at all of them.
            self._crowded = _CROWDED * (looked_at * 2 > chunk.data.count(b"\n", chunk.start, chunk.end))
        return Lines(kept, chunk.offset + chunk.start, cut, offsets)

    def matches(self, data: bytes, length: int) -> bool:
        """Whether a unit of ``length`` bytes, of which ``data`` is kept, is wanted."""
        for test in self._on_bytes:
            if not test(data):
                return False
        if not self._on_document:
            return True
        document = self._document(data, length)
        try:
            return all(test(document) for test in self._on_document)
        except orjson.JSONEncodeError:  # nested too deeply to be compared: it is returned as raw text, too
            document = raw_document(data)
            return all(test(document) for test in self._on_document)

    def records(self, lines: Lines) -> list[Record]:
        """What is returned for units that match."""
        records = build_records(lines.data, self._source)
        for index, length in lines.cut.items():
            records[index] = cut_record(lines.data[index], length, self._source)
        if self._columns:
            return [{name: record[name] for name in self._columns if name in record} for record in records]
        return records

    def block(self, chunk: Chunk, count: int) -> list[Record] | None:
        """The records of all ``count`` lines of ``chunk`` at once; None when that takes ``select`` and ``records``."""
        if not self.takes_all or self.framing is JOINED or self._columns or chunk.end - chunk.start > self._max_unit:
            return None
        return build_block(bytes(memoryview(chunk.data)[chunk.start : chunk.end]), count, self._source)

    def _filtered(self, lines: Lines) -> Lines:
        """What matches of all of ``lines``."""
        verdicts: list[bool] = []
        for start in range(0, len(lines), _GROUP):
            verdicts += self._judge(lines.data[start : start + _GROUP])
        for index, length in lines.cut.items():
            verdicts[index] = self.matches(lines.data[index], length)
        kept = [index for index, verdict in enumerate(verdicts) if verdict]
        if not kept:
            return Lines([], lines.start)
        ends = list(accumulate((lines.length(index) + 1 for index in range(kept[-1])), initial=lines.start))
        cut = {new: lines.cut[old] for new, old in enumerate(kept) if old in lines.cut}
        return Lines([lines.data[index] for index in kept], lines.start, cut, [ends[index] for index in kept])

    def _judge(self, units: list[bytes]) -> list[bool]:
        """Which of ``units`` match: in a few calls into C where all of them are objects, as they mostly are."""
        try:
            documents = list(map(orjson.loads, units))
            plain = {*map(type, documents)} == {dict} and not (self._on_bytes or self._adds)
            if plain and MARKER not in [document.get("level") for document in documents]:
                first, *others = self._on_document
                verdicts = [first(document) for document in documents]
                for test in others:
                    verdicts = [verdict and test(each) for verdict, each in zip(verdicts, documents, strict=True)]
                return verdicts
        except orjson.JSONDecodeError:
            pass  # a line that is no JSON: one after the other, then
        except orjson.JSONEncodeError:
            pass  # a value that is nested too deeply to be compared
        return [self.matches(unit, len(unit)) for unit in units]

    def _document(self, data: bytes, length: int) -> Mapping[str, Any]:
        if length > len(data):
            return cut_record(data, length, self._source)
        document = read_document(data)
        # Conditions see what the record will have, and numbers as numbers.
        return {**build_records([data], self._source)[0], **document} if self._adds else document


def _tests_on_bytes(query: LogQuery) -> list[Callable[[bytes], bool]]:
    tests: list[Callable[[bytes], bool]] = []
    if query.fixed:
        needle = query.fixed.encode("utf-8", "surrogatepass")
        tests.append(lambda data: needle in data)
    if query.grep:
        tests.append(Pattern(query.grep).search)
    return tests


def _tests_on_document(query: LogQuery) -> list[Callable[[Mapping[str, Any]], bool]]:
    tests: list[Callable[[Mapping[str, Any]], bool]] = []
    if query.level is not None or query.audit is not Audit.WITH:
        threshold = Level.DEBUG if query.level is None else query.level
        tests.append(lambda document: passes(document.get("level"), threshold, query.audit))
    if query.window:
        clock = LineClock()
        tests.append(lambda document: clock.read(document) in query.window)
    return tests + [_field_test(condition) for condition in query.fields]


def _field_test(condition: FieldCondition) -> Callable[[Mapping[str, Any]], bool]:
    name, test = condition.name, condition.test()
    return lambda document: test(lookup(document, name))
