"""Marker records: what the engine has to say about an answer, in the place of a log line.

An answer is a list of records and nothing else (protos.Logs has no other field), so a remark about the answer travels
as a record of its own, recognised by ``"level": "marker"``. No line of a file can be taken for one: a line that claims
this level is returned as raw text. The keys:

=====================  ===================================================================================
``level``              always ``marker``
``msg``                the remark for people
``corvo.truncated``    why the answer ends early: ``deadline``, ``size`` or ``lines``
``corvo.cursor``       send it back as the parameter ``cursor`` to go on from here
``corvo.dropped``      how many lines were left out because the reader was slow
``corvo.gap``          why lines may be missing: ``truncated``, ``vanished``, ``replaced``, ``unreadable``, ``cursor``,
                       ``level`` and ``time`` (left out because theirs cannot be read), ``zone``, ``order``,
                       ``polled`` and ``peer`` (a peer of the original, asked by a client of ours)
``corvo.counts``       lines of each severity from ``ts`` on, as a JSON object, for a query that asks for ``counts``
``source``             the file that it is about, or the address of the peer
=====================  ===================================================================================

More keys are added to records of lines, not to markers: ``corvo.cut``, the whole length in bytes of a line that was cut
at the bound; ``corvo.nul``, how many NUL bytes stood before a line (what copytruncate leaves behind when the writer
does not append); ``corvo.level``, the word for a level that the line writes otherwise (50, "E"); and
``corvo.unfinished``, that a line has no end yet: it comes once more when it has one. ``corvo.raw`` is the line as it is
in the file, for a query that asks for it; a line that is no UTF-8 is in base64 under ``corvo.raw.base64`` instead.
``corvo.context`` stands in a line around one that matches, and is how far away that one is: ``-2`` before it, ``+1``
behind it.

All keys that begin with ``corvo.`` are the engine's. A line that has such a key of its own keeps it with ``line.`` in
front (``line.corvo.cursor``), and so does one that has ``line.corvo.cursor`` already: no two keys become one, and
nothing that a line says can be taken for a remark, a cursor or the name of a module.
"""

from __future__ import annotations

import base64
import enum
import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

V = TypeVar("V")

MARKER = "marker"
TRUNCATED = "corvo.truncated"
CURSOR = "corvo.cursor"
DROPPED = "corvo.dropped"
GAP = "corvo.gap"
COUNTS = "corvo.counts"
CUT = "corvo.cut"
NUL = "corvo.nul"
LEVEL = "corvo.level"
UNFINISHED = "corvo.unfinished"
CONTEXT = "corvo.context"
RAW = "corvo.raw"
RAW_BYTES = "corvo.raw.base64"

_OWN = "corvo."
_MOVED = "line."
_TAKEN = re.compile(rf"(?:{re.escape(_MOVED)})*{re.escape(_OWN)}")


class Truncation(enum.Enum):
    """Why an answer ends before everything that the query asked for was found."""

    #: The time of the query ran out.
    DEADLINE = "deadline"
    #: The bytes of one answer did.
    SIZE = "size"
    #: Every line was asked for, and one answer has as many as it may.
    LINES = "lines"


class Gap(enum.Enum):
    """Why lines of a log may be missing; the marker line says it in words."""

    TRUNCATED = "truncated"
    VANISHED = "vanished"
    REPLACED = "replaced"
    UNREADABLE = "unreadable"
    CURSOR = "cursor"
    LEVEL = "level"
    TIME = "time"
    ZONE = "zone"
    ORDER = "order"
    POLLED = "polled"
    PEER = "peer"


_GAPS = {
    Gap.TRUNCATED: "the file was truncated in place; what was written just before may be missing",
    Gap.VANISHED: "a file went away before it was read to its end; its last lines are missing",
    Gap.REPLACED: "the file was rotated more often than it could be followed; whole files may be missing",
    Gap.UNREADABLE: "a file could not be read; its lines are missing",
    Gap.CURSOR: "the place to go on from is gone; lines may be missing",
    Gap.LEVEL: "lines without a level that can be read were left out",
    Gap.TIME: "lines without a time that can be read were left out",
    Gap.ZONE: "the times state no zone, and the one that is assumed may be wrong",
    Gap.ORDER: "the order of the files is not sure; lines may be missing or in another place",
    Gap.POLLED: "this agent cannot be followed, only asked again; lines between two answers may be missing",
    Gap.PEER: "this agent cannot search; only the lines of its longest answer were looked at",
}


def truncated(why: Truncation, cursor: str = "") -> dict[str, str]:
    """The marker line that says that an answer ends early; with the ``cursor`` to go on from, if there is one."""
    record = {"level": MARKER, "msg": f"the answer ends early: {why.value}", TRUNCATED: why.value}
    if cursor:
        record[CURSOR] = cursor
    return record


def dropped(count: int) -> dict[str, str]:
    """The remark that ``count`` lines were left out because the reader did not keep up."""
    return {"level": MARKER, "msg": f"{count} lines dropped: the reader did not keep up", DROPPED: str(count)}


def gap(why: Gap, source: str, detail: str = "") -> dict[str, str]:
    """The marker line that says that lines of the file ``source`` may be missing, and why."""
    return {"level": MARKER, "msg": _GAPS[why] + (f": {detail}" if detail else ""), GAP: why.value, "source": source}


def left_out(why: Gap, count: int, source: str, *, all_of_them: bool = False) -> dict[str, str]:
    """The remark that ``count`` lines of ``source`` were left out because their level or time could not be read."""
    lines = "1 line" if count == 1 else f"{count} lines"
    text = f"{lines} without a {why.value} that can be read {'was' if count == 1 else 'were'} left out"
    if all_of_them:
        text += f": no line has a {why.value} that can be read"
    return {"level": MARKER, "msg": text, GAP: why.value, "source": source}


def position(cursor: str, source: str = "") -> dict[str, str]:
    """The marker line with the ``cursor`` from which a follower can resume; of the log ``source`` among several."""
    record = {"level": MARKER, "msg": "read up to here", CURSOR: cursor}
    return {**record, "source": source} if source else record


def is_marker(record: Mapping[str, str]) -> bool:
    """Whether ``record`` is a marker line that the engine added, rather than a line of a file."""
    return record.get("level") == MARKER


def raw_fields(unit: bytes) -> dict[str, str]:
    """The field that holds a line as it is in the file."""
    try:
        return {RAW: unit.decode()}
    except UnicodeDecodeError:
        return {RAW_BYTES: base64.b64encode(unit).decode()}


def raw_line(record: Mapping[str, str]) -> bytes | None:
    """The line as it is in the file, without a newline at its end; None when the record does not have it."""
    if (text := record.get(RAW)) is not None:
        return text.encode()
    try:
        return base64.b64decode(record[RAW_BYTES])
    except (KeyError, ValueError):
        return None


def may_be_own(names: Iterable[str]) -> bool:
    """Whether one of ``names``, keys of lines, may be one that ``with_own_moved`` renames."""
    return _OWN in "\n".join(names)


def with_own_moved(document: dict[str, V]) -> dict[str, V]:
    """What a line says, its keys that look like the engine's renamed as this module tells."""
    if not may_be_own(document):
        return document
    return {_MOVED + key if _TAKEN.match(key) else key: value for key, value in document.items()}
