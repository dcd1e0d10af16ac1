"""What the lines of a file are written in, found out from its beginning and its end, and remembered."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import tzinfo
from threading import Lock

from ...errors import CorvoError
from ...timestamps import format_millis
from ..dialects.dialect import SAMPLE_LINES, UNKNOWN, Dialect, find_dialect
from ..dialects.envelopes import is_inside
from ..dialects.line_reader import LineReader
from ..dialects.sieve import learn_template
from ..dialects.template import Template
from ..files.framing import JOINED, LINES, Framing, LineFraming
from ..files.log_file import LogFile, open_log
from ..files.packed import unpack
from ..lines.record import RecordBuilder
from .bisection import first_timed, first_timed_in

_SAMPLE = 64 * 1024  # bytes at the beginning of a file, and at its end
_REMEMBERED = 4096  # files
_ENOUGH = SAMPLE_LINES // 2  # lines of a sample after which more of them would change little

_SECOND = 10**9
_QUARTER, _NEAR, _FARTHEST = 900 * _SECOND, 120 * _SECOND, 15 * 3600 * _SECOND


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of the lines of a file.

    ``template`` is how most of them begin, ``zone`` that of times without one (None: the host's), ``latest`` the time
    in nanoseconds than which no line is newer by a day, None for now. ``doubt`` is what speaks against the zone.
    """

    dialect: Dialect = UNKNOWN
    template: Template | None = None
    zone: tzinfo | None = None
    latest: int | None = None
    doubt: str = ""

    def reader(self) -> LineReader:
        """A reader of such lines."""
        return LineReader(self.dialect, self.zone, time.time_ns if self.latest is None else self.latest)

    def framing(self, reader: LineReader, *, joined: bool) -> Framing:
        """How the file is split into units; ``joined``: text belongs to the object before it."""
        if self.dialect.is_text:
            # Text that cannot be read, such as a traceback, belongs to what is before it.
            return LineFraming(reader.starts, is_inside)
        if self.dialect.envelope in ("cri", "docker"):
            return LineFraming(reader.opens_object if joined else _always, is_inside)
        return JOINED if joined else LINES


#: Nothing is known.
NO_SURVEY = Survey()


@dataclass(slots=True)
class _Entry:
    """A survey, and of what: the first bytes of the file, its size, and whether more of it could change the survey."""

    survey: Survey
    head: bytes
    size: int
    is_final: bool


@dataclass(slots=True)
class Surveyor:
    """Surveys files, each once as long as it stays the same. Safe for several threads.

    ``stated`` is the dialect that a person stated, None to find it out; ``zone`` that of times without one, None for
    the host's; with ``is_zone_stated`` it is not doubted.
    """

    stated: Dialect | None = None
    zone: tzinfo | None = None
    is_zone_stated: bool = False
    _entries: OrderedDict[tuple[int, int], _Entry] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def survey(self, log: LogFile) -> Survey:
        """The survey of a file. Reads up to 128 KiB. Raises what reading a file raises."""
        with self._lock:
            entry = self._entries.get(log.key)
            if entry is not None and log.head.startswith(entry.head) and (entry.is_final or entry.size == log.size):
                self._entries.move_to_end(log.key)
                return entry.survey
        lines = _sample(log)
        found = self.survey_lines(lines, log.modified)
        with self._lock:
            self._entries[log.key] = _Entry(found, log.head, log.size, len(lines) >= _ENOUGH)
            while len(self._entries) > _REMEMBERED:
                self._entries.popitem(last=False)
        return found

    def first_time(self, log: LogFile) -> int | None:
        """The time of the first lines of a file, in nanoseconds since the epoch; None when they have none.

        Raises what reading a file raises, and what unpacking it does.
        """
        survey = self.survey(log)
        reader = survey.reader()
        framing, builder = survey.framing(reader, joined=False), RecordBuilder("", reader)

        def time_of(line: bytes) -> int | None:
            return reader.time(builder.document(line))

        if not log.is_packed:
            lines = first_timed(log, log.size, framing, time_of)
        else:
            with closing(unpack(log)) as pieces:
                lines = first_timed_in(next(pieces, b""), framing, time_of)
        return None if lines is None else lines.typical

    def survey_path(self, path: str) -> Survey:
        """The survey of the file that has the name ``path`` now, as far as there is one that can be read."""
        try:
            with open_log(path) as log:
                return self.survey(log)
        except CorvoError:
            return self.survey_lines([])

    def survey_lines(self, lines: Sequence[bytes], modified: int | None = None) -> Survey:
        """The survey of a file of which ``lines`` are some, the last one written when it was ``modified``."""
        dialect = self.stated if self.stated is not None else find_dialect(lines)
        draft = Survey(dialect, None, self.zone, modified)
        reader = draft.reader()
        doubt = "" if modified is None or self.is_zone_stated else _doubt(lines, reader, modified)
        return Survey(dialect, learn_template(lines, reader), self.zone, modified, doubt)


def _sample(log: LogFile) -> list[bytes]:
    """Some whole lines from the beginning and the end of a file."""
    if log.is_packed:
        with closing(unpack(log)) as pieces:
            return next(pieces, b"")[:_SAMPLE].split(b"\n")[:-1][:SAMPLE_LINES]
    head = log.read(_SAMPLE, 0).split(b"\n")
    first = head[:-1]
    if log.size <= _SAMPLE:
        # A last line without a newline is a line as well, if it is all that there is.
        return (first or [line for line in head if line])[:_ENOUGH] + first[_ENOUGH:][-_ENOUGH:]
    last = log.read(_SAMPLE, log.size - _SAMPLE).split(b"\n")[1:-1]
    return first[:_ENOUGH] + last[-_ENOUGH:]


def _doubt(lines: Sequence[bytes], reader: LineReader, modified: int) -> str:
    """What speaks against the zone of times that state none: the last of them is hours from when it was written."""
    builder = RecordBuilder("", reader)
    for line in reversed(lines[-20:]):
        reader.times.is_zone_assumed = False
        written = reader.time(builder.document(line))
        if written is None:
            continue
        apart = modified - written
        hours = round(apart / _QUARTER) * _QUARTER
        if not reader.times.is_zone_assumed or not hours or abs(apart - hours) > _NEAR or abs(apart) > _FARTHEST:
            return ""
        said, seen = format_millis(written), format_millis(modified)
        return f"the last line is of {said}, and was written at {seen}; state the zone with log-zone"
    return ""


def _always(line: bytes) -> bool:
    return True
