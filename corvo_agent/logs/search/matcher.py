"""Decides which units of a log a query wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import orjson

from ...levels.level import Level
from ..dialects.envelopes import join_parts
from ..dialects.fields import Field, keys_of
from ..dialects.fields import lookup as field_value
from ..dialects.json_text import is_exact, to_text
from ..dialects.otlp import BATCH
from ..dialects.severity import Severity
from ..files.framing import LINES
from ..files.splitter import Chunk, Lines
from ..lines.marker import CONTEXT, MARKER, may_be_own, raw_fields
from ..lines.masking import Masker
from ..lines.record import Record, RecordBuilder, raw_document
from ..lines.severity import Audit, passes
from .conditions import FieldCondition, lookup
from .finder import ADDED, choose_finders, spans
from .pattern import Pattern
from .query import LogQuery
from .survey import NO_SURVEY, Survey

_GROUP = 512  # lines parsed in one call into C
_CROWDED = 32  # blocks that are looked at whole after one in which most lines were worth a closer look


@dataclass(slots=True)
class LeftOut:
    """Lines that a query would have wanted, perhaps, if their level or their time could be read."""

    level: int = 0
    time: int = 0
    #: How many lines had a time.
    timed: int = 0


class Matcher:
    """A query made ready to be asked about the units of the file ``source``, which is as its ``survey`` says.

    Raises InvalidArgument when a pattern of the query is not a valid RE2 expression. Not safe for two threads at once.
    """

    def __init__(self, query: LogQuery, source: str, max_unit: int, survey: Survey = NO_SURVEY) -> None:
        self.reader = survey.reader()
        self.framing = survey.framing(self.reader, joined=query.joined)
        #: Of units around those that match, by their offsets: how far away those are.
        self.distances: dict[int, int] = {}
        #: What could not be read of the lines that were looked at.
        self.left_out = LeftOut()
        self._query = query
        self._builder = RecordBuilder(source, self.reader)
        self._max_unit = max_unit
        self._finders = choose_finders(query, survey)
        self._on_bytes = self._tests_on_bytes()
        self._on_document = self._tests_on_document()
        self._masker = query.masker
        # Whether who asks could find out a secret by what matches.
        self._reveals = bool(self._on_bytes or query.fields)
        names = [condition.name for condition in query.fields]
        self._adds = not ADDED.isdisjoint(names) or may_be_own(names)
        self._columns = query.shown_columns
        self._crowded = 0
        self._has_parts = survey.dialect.envelope in ("cri", "docker")
        #: Whether every unit matches.
        self.takes_all = not self._on_bytes and not self._on_document

    def select(self, chunk: Chunk, count: int = -1) -> Lines:
        """The units of ``chunk`` that match, in order; the last ``count`` are enough."""
        # Nothing to test: the units need not even be parsed to be chosen.
        if self.takes_all:
            return self._split(chunk.lines(self.framing, self._max_unit, count))
        if not self._finders or self._crowded:
            self._crowded = max(self._crowded - 1, 0)
            return self._filtered(self._split(chunk.lines(self.framing, self._max_unit)))
        return self._found(chunk)

    def _found(self, chunk: Chunk) -> Lines:
        """What matches of the units that the finders point at."""
        kept: list[bytes] = []
        offsets: list[int] = []
        cut: dict[int, int] = {}
        holes: dict[int, int] = {}
        looked_at = 0
        for start, stop in spans(chunk, self._finders, self.framing):
            looked_at += 1
            if self._has_parts and chunk.data.find(b"\n", start, stop) >= 0:
                unit = self._filtered(self._split(Lines([bytes(chunk.data[start:stop])], chunk.offset + start)))
                kept += unit.data
                offsets += [unit.offset(index) for index in range(len(unit))]
                continue
            # What the answer cuts off is not searched either, so that a line matches by what is shown of it.
            data = bytes(chunk.data[start : min(stop, start + self._max_unit)])
            length = max(chunk.length, stop - start)
            if self.matches(data, length, chunk.hole):
                if length > len(data):
                    cut[len(kept)] = length
                if chunk.hole:
                    holes[len(kept)] = chunk.hole
                kept.append(data)
                offsets.append(chunk.offset + start)
        if looked_at > _CROWDED and not self._on_bytes:
            # Where most lines are pointed at, it is quicker to look at all of them.
            self._crowded = _CROWDED * (looked_at * 2 > chunk.data.count(b"\n", chunk.start, chunk.end))
        return Lines(kept, chunk.offset + chunk.start, cut, offsets, holes)

    def time(self, line: bytes) -> int | None:
        """The time of a line, in nanoseconds since the epoch; None when it has none that can be read."""
        return self.reader.time(self._builder.document(line))

    def glance(self, unit: bytes) -> tuple[int | None, Severity | None]:
        """The time (nanoseconds since the epoch) and the severity of a unit, None for what cannot be read."""
        document = self._builder.document(unit)
        return self.reader.time(document), self.reader.severity(document)

    def matches(self, data: bytes, length: int, hole: int = 0) -> bool:
        """Whether a unit of ``length`` bytes is wanted, of which ``data`` is kept, behind ``hole`` NUL bytes."""
        # What is hidden must not be found out by asking for it, piece by piece.
        if self._reveals and self._masker is not None and self._masker.may_hold(data):
            return self._holds_masked(data, length, hole, self._masker)
        if not all(test(data) for test in self._on_bytes):
            return False
        return not self._on_document or self._holds(self._document(data, length, hole), data)

    def _holds(self, document: Mapping[str, Any], data: bytes) -> bool:
        try:
            return all(test(document) for test in self._on_document)
        except orjson.JSONEncodeError:  # nested too deeply to be compared: it is returned as raw text, too
            document = raw_document(data)
            return all(test(document) for test in self._on_document)

    def _holds_masked(self, data: bytes, length: int, hole: int, masker: Masker) -> bool:
        """Whether the conditions hold for what is left of a unit when its secrets are masked."""
        masked, record = masker.line(data), self._built(data, length, hole)
        shown = masker.record(record)
        # As each value is shown, too: its name may tell there what the line does not.
        texts = b"\n".join((masked, *(value.encode("utf-8", "replace") for value in shown.values())))
        if not all(test(texts) for test in self._on_bytes):
            return False
        changed = {key: value for key, value in shown.items() if value != record[key]}
        return not self._on_document or self._holds({**self._document(data, length, hole), **changed}, masked)

    def _built(self, data: bytes, length: int, hole: int) -> Record:
        is_cut = length > hole + len(data)
        return self._builder.build_cut(data, length, hole) if is_cut else self._builder.build([data])[0]

    def records(self, lines: Lines) -> list[Record]:
        """What is returned for units that match."""
        records = self._builder.build(lines.data)
        for index, length in lines.cut.items():
            records[index] = self._builder.build_cut(lines.data[index], length, lines.holes.get(index, 0))
        if self.distances:
            for index, record in enumerate(records):
                if (distance := self.distances.pop(lines.offset(index), None)) is not None:
                    record[CONTEXT] = f"{distance:+d}"
        suspects = [] if self._masker is None else self._masker.suspects(lines.data)
        raw = self._query.raw
        if raw:
            for record, unit in zip(records, lines.data, strict=True):
                record.update(raw_fields(unit))
        for index in suspects:
            assert self._masker is not None
            records[index] = self._masker.record(records[index])
            if raw:
                # The line as it is would be in base64 where it is no UTF-8, with all that is in it.
                records[index].update(raw_fields(self._masker.line(lines.data[index])))
        if self._columns:
            return [{name: record[name] for name in self._columns if name in record} for record in records]
        return records

    def block(self, chunk: Chunk, count: int) -> list[Record] | None:
        """The records of all ``count`` lines of ``chunk`` at once; None when that takes ``select`` and ``records``."""
        if not self.takes_all or self.framing is not LINES or self._columns or self._query.raw or chunk.hole:
            return None
        if chunk.end - chunk.start > self._max_unit:
            return None
        block = bytes(memoryview(chunk.data)[chunk.start : chunk.end])
        if self._masker is not None and self._masker.may_hold(block):
            return None
        return self._builder.build_block(block, count)

    def _split(self, lines: Lines) -> Lines:
        """``lines``, but each line for itself where parts of two streams stand between each other."""
        if not self._has_parts or lines.cut or not any(b"\n" in unit for unit in lines.data):
            return lines
        found: list[bytes] = []
        offsets: list[int] = []
        for index, unit in enumerate(lines.data):
            start, raw = lines.offset(index), unit.split(b"\n")
            places = list(accumulate((len(line) + 1 for line in raw), initial=start))
            groups: list[tuple[int, list[bytes]]] = []
            for first, line in join_parts(raw):
                if groups and not self.framing.starts(line):
                    groups[-1][1].append(line)
                else:
                    groups.append((places[first], [line]))
            offsets += [place for place, _ in groups]
            found += [b"\n".join(several) for _, several in groups] if len(groups) > 1 else [unit]
        return Lines(found, lines.start, offsets=offsets, stop=lines.end)

    def _filtered(self, lines: Lines) -> Lines:
        """What matches of all of ``lines``."""
        verdicts: list[bool] = []
        for start in range(0, len(lines), _GROUP):
            verdicts += self._judge(lines.data[start : start + _GROUP])
        for index, length in lines.cut.items():
            verdicts[index] = self.matches(lines.data[index], length, lines.holes.get(index, 0))
        kept = [index for index, verdict in enumerate(verdicts) if verdict]
        if not kept:
            return Lines([], lines.start)
        starts = lines.offsets
        if starts is None:
            starts = list(accumulate((lines.length(index) + 1 for index in range(kept[-1])), initial=lines.start))
        cut = {new: lines.cut[old] for new, old in enumerate(kept) if old in lines.cut}
        holes = {new: lines.holes[old] for new, old in enumerate(kept) if old in lines.holes}
        return Lines([lines.data[index] for index in kept], lines.start, cut, [starts[index] for index in kept], holes)

    def _judge(self, units: list[bytes]) -> list[bool]:
        """Which of ``units`` match: in a few calls into C where all of them are objects, as they mostly are."""
        try:
            documents = list(map(orjson.loads, units))
            if self._are_plain(documents, units):
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

    def _are_plain(self, documents: list[Any], units: list[bytes]) -> bool:
        """Whether the documents of ``units`` are what conditions look at."""
        if self._on_bytes or self._adds or {*map(type, documents)} != {dict}:
            return False
        # What may hold secrets is looked at as it is shown, too.
        if self._reveals and self._masker is not None and self._masker.may_hold(b"\n".join(units)):
            return False
        # No marker, and no envelope around other lines.
        if any(document.get("level") == MARKER or "log" in document or BATCH in document for document in documents):
            return False
        return not self._query.fields or all(map(is_exact, units))

    def _document(self, data: bytes, length: int, hole: int) -> Mapping[str, Any]:
        is_cut = length > hole + len(data)
        document = self._builder.cut_document(data) if is_cut else self._builder.document(data)
        if not self._adds:
            return document
        # Conditions see what the record will have, and numbers as numbers.
        return {**self._built(data, length, hole), **document}

    def _tests_on_bytes(self) -> list[Callable[[bytes], bool]]:
        """What is looked for in a line as it stands in the file, or as it is shown."""
        tests: list[Callable[[bytes], bool]] = []
        if self._query.fixed:
            needle = self._query.fixed.encode("utf-8", "surrogatepass")
            tests.append(lambda data: needle in data or needle in self._builder.shown(data))
        if self._query.grep:
            search = Pattern(self._query.grep).search
            tests.append(lambda data: search(data) or search(self._builder.shown(data)))
        return tests

    def _tests_on_document(self) -> list[Callable[[Mapping[str, Any]], bool]]:
        query, tests = self._query, list[Callable[[Mapping[str, Any]], bool]]()
        if query.level is not None or query.audit is not Audit.WITH:
            tests.append(self._passes)
        if query.window:
            tests.append(self._is_in_window)
        if query.trace:
            tests.append(_trace_test(query.trace))
        return tests + [_field_test(condition) for condition in query.fields]

    def _passes(self, document: Mapping[str, Any]) -> bool:
        threshold = Level.DEBUG if self._query.level is None else self._query.level
        severity = self.reader.severity(document)
        if severity is None and threshold > Level.INFO and self._query.audit is not Audit.ONLY:
            window = self._query.window
            time = self.reader.time(document) if window else None
            # One that is surely of another time is not missed.
            self.left_out.level += time is None or time in window
        return passes(severity, threshold, self._query.audit)

    def _is_in_window(self, document: Mapping[str, Any]) -> bool:
        time = self.reader.time(document)
        self.left_out.time += time is None
        self.left_out.timed += time is not None
        return time in self._query.window


def _trace_test(trace: str) -> Callable[[Mapping[str, Any]], bool]:
    wanted = trace.lower()

    def test(document: Mapping[str, Any]) -> bool:
        for key in keys_of(Field.TRACE):
            value = field_value(document, key)
            if value is None:
                continue
            text = to_text(value).lower()
            # Google writes projects/NAME/traces/ID, the W3C 00-ID-SPAN-01.
            if wanted == text or text.endswith(f"/{wanted}") or (key == "traceparent" and f"-{wanted}-" in text):
                return True
        return False

    return test


def _field_test(condition: FieldCondition) -> Callable[[Mapping[str, Any]], bool]:
    name, test = condition.name, condition.test()
    return lambda document: test(lookup(document, name))
