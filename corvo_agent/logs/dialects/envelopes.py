"""Envelopes around lines: what container runtimes, syslog and terminals put around what a program wrote.

==========  ===================================================================================================
CRI         ``2026-11-24T10:00:00.000000000Z stderr F line``; a line that is too long comes in parts marked ``P``
docker      ``{"log":"line\\n","stream":"stderr","time":"..."}``; the parts of a long line lack the newline
syslog      ``<134>Nov 24 10:00:00 host app[12]: line``, also as RFC 5424, with or without ``@cee:``
compose     ``web_1  | line``, and ``[pod/web/app] line`` of kubectl; those of honcho, pm2, kubetail and stern
stamp       ``2026-11-24T10:00:00Z {...}``: what kubectl, pm2, Heroku and Lambda put before objects
==========  ===================================================================================================

Colours of a terminal are taken off with them: they say nothing that the words do not say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from .severity import of_word

#: Bytes that stand before a line without belonging to it: a mark of UTF-8, and the hole that copytruncate leaves.
BOM = b"\xef\xbb\xbf"
_ESCAPE = 0x1B
_ANSI = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9])")
_DEPTH = 4  # envelopes inside each other
_LOOK_BACK = 6  # lines: streams take turns in between parts, but not for long

_CRI = re.compile(
    rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([FP])(?::\S{1,80})? ?"
)
_CLOCK = rb"\d\d:\d\d:\d\d(?:\.\d{1,9})?"
# As daemons write it, and journalctl in its short, short-precise, short-iso and short-full forms.
_NOW = (
    rb"(?:[A-Z][a-z]{2} (?:[ \d]\d " + _CLOCK + rb"|\d{4}-\d\d-\d\d " + _CLOCK + rb" (?:[A-Z]{3,5}|[+-]\d\d))"
    rb"|\d{4}-\d\d-\d\dT" + _CLOCK + rb"(?:Z|[+-]\d\d:?\d\d))"
)
_SYSLOG = re.compile(
    rb"(?:<(?P<priority>\d{1,3})>)?(?P<ts>" + _NOW + rb") (?P<host>[\w.:-]{1,255}) (?P<app>[^\s:\[\]{}\"]{1,128})"
    rb"(?:\[(?P<pid>[\w.-]{1,32})\])?: ?"
)
# Structured data: a bracket ends an element unless it is in quotes or behind a backslash, as RFC 5424, 6.3.3, has it;
# of what does not keep to that, and of senders that leave it out, the message is read all the same.
_DATA = rb"(?:\[(?:[^\]\"\\]++|\"(?:[^\"\\]++|\\.)*+\"|\\.)*+\]|\[[^\]]{0,2000}\])+"
_SYSLOG_5424 = re.compile(
    rb"<(?P<priority>\d{1,3})>1 (?P<ts>" + _NOW + rb"|-) (?P<host>\S{1,255}) (?P<app>\S{1,128}) (?P<pid>\S{1,128})"
    rb" (?P<msgid>\S{1,32})(?: (?P<data>-(?=\s|\Z)|" + _DATA + rb"))? ?(?:\xef\xbb\xbf)?"
)
_COMPOSE = re.compile(
    rb"(?:(?:\d\d:\d\d:\d\d |\d{1,4}\|)?(?P<service>[\w.-]{1,80}) {1,40}\| ?|\[(?P<pod>pod/[\w./-]{1,250})\] )"
    rb"(?=[{\[<\d\x1bA-Z])"
)
# Before text these say too little.
_SOURCE = re.compile(
    rb"(?:\[(?P<service>[\w./:-]{1,250})\]"
    rb"|(?P<pod>(?=[a-z.-]{0,200}\d)[a-z0-9][a-z0-9.]{0,200}-[a-z0-9.-]{1,100}) (?P<container>[a-z0-9-]{1,63}))"
    rb" (?=\{\")"
)
_STAMP = re.compile(
    rb"\[?(?P<ts>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)\]?:?[ \t]"
    rb"(?:(?P<app>[\w.-]{1,80})\[(?P<pid>[\w.-]{1,80})\]: "
    rb"|(?P<request>[0-9a-f]{8}-[0-9a-f-]{20,40})[ \t](?:(?P<level>[A-Z]{4,5})[ \t])?)?(?=\{\")"
)
_CEE = b"@cee:"
_PRIORITY = re.compile(rb"<(\d{1,3})>(?=\S)")
_DOCKER_KEYS = frozenset({"log", "stream", "time", "attrs"})


@dataclass(slots=True)
class Letter:
    """What was in an envelope: the line itself, and what the envelopes say of it.

    ``names`` are the envelopes from the outside in; ``is_part`` is true when the line goes on in the next one of the
    same stream.
    """

    line: bytes
    fields: dict[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    is_part: bool = False


def open_envelopes(line: bytes, document: dict[str, Any] | None = None) -> Letter:
    """Take a line out of everything around it. ``document`` is the object that it is, if that is known already."""
    letter = Letter(line)
    if document is not None and not _open_docker(letter, document):
        return letter
    for _ in range(_DEPTH):
        before = letter.line
        _strip(letter)
        if not any(attempt(letter) for attempt in _OPENINGS) or letter.line == before:
            break
    return letter


def match_syslog(line: bytes) -> re.Match[bytes] | None:
    """What syslog put before a line: ``priority``, ``ts``, ``host``, ``app`` and ``pid``; None without it."""
    return _SYSLOG.match(line)


def is_docker(document: dict[str, Any]) -> bool:
    """Whether an object is an envelope of docker's json-file."""
    return "log" in document and document.keys() <= _DOCKER_KEYS and type(document["log"]) is str and len(document) > 1


def join_parts(lines: list[bytes]) -> list[tuple[int, bytes]]:
    """``lines`` with the parts of long lines put together as CRI and docker write them, those of each stream apart.

    With each of them comes the index of the line that it begins with.
    """
    whole: list[tuple[int, bytes]] = []
    begun: dict[bytes, int] = {}
    for index, line in enumerate(lines):
        part = _part_of(line)
        if part is None:
            whole.append((index, line))
            continue
        place = begun.pop(part.stream, len(whole))
        if place == len(whole):
            whole.append((index, line))
        else:
            first, start = whole[place]
            whole[place] = (first, _joined(start, part))
        if part.goes_on:
            begun[part.stream] = place
    return whole


def is_inside(data: bytes | bytearray, floor: int, newline: int) -> bool:
    """Whether a long line goes on behind the newline at ``newline``: the last line of a stream before it is a part.

    Looks back over a few lines, not before ``floor``.
    """
    seen: set[bytes] = set()
    end = newline
    for _ in range(_LOOK_BACK):
        start = data.rfind(b"\n", floor, end) + 1 or floor
        stream, goes_on = _ending(data, start, end)
        if goes_on and stream not in seen:
            return True
        seen.add(stream)
        end = start - 1
        if end <= floor or len(seen) > 1:
            break
    return False


def _ending(data: bytes | bytearray, start: int, end: int) -> tuple[bytes, bool]:
    """The stream of the line ``data[start:end]``, and whether the line is a part that goes on."""
    if data.startswith(b"{", start):
        # Such lines are long, and what tells them stands at their end.
        place = data.rfind(b'","stream":"', start, end)
        stream = bytes(data[place + 12 : place + 18]) if place >= 0 else b""
        return stream, place >= 0 and not data.endswith(b"\\n", start, place) and is_docker(
            _docker(bytes(data[start:end]))
        )
    match = _CRI.match(data, start, end)
    return (b"", False) if match is None else (bytes(match[2]), match[3] == b"P")


def _joined(start: bytes, part: _Part) -> bytes:
    if part.document is None:
        return start + part.text
    first = orjson.loads(start)
    return orjson.dumps({**first, "log": first["log"] + part.document["log"]})


@dataclass(frozen=True, slots=True)
class _Part:
    """A line of CRI or docker: its stream and text, or the object that it is, and whether it goes on."""

    stream: bytes
    text: bytes
    goes_on: bool
    document: dict[str, Any] | None = None


def _part_of(line: bytes) -> _Part | None:
    match = _CRI.match(line)
    if match is not None:
        return _Part(match[2], line[match.end() :], match[3] == b"P")
    document = _docker(line) if line.startswith(b'{"log":"') else {}
    if not is_docker(document):
        return None
    return _Part(str(document.get("stream")).encode(), b"", not document["log"].endswith("\n"), document)


def _strip(letter: Letter) -> None:
    line = letter.line
    if line.startswith(BOM):
        line = line[3:]
    if _ESCAPE in line:
        line = _ANSI.sub(b"", line)
    letter.line = line


def _open_cri(letter: Letter) -> bool:
    match = _CRI.match(letter.line) if letter.line[:1].isdigit() else None
    if match is None:
        return False
    _keep(letter, "cri", {"ts": match[1], "stream": match[2]}, letter.line[match.end() :])
    letter.is_part = match[3] == b"P"
    return True


def _open_syslog(letter: Letter) -> bool:
    line = letter.line
    match = _SYSLOG_5424.match(line) or match_syslog(line)
    if match is None:
        if line.startswith(_CEE):
            _keep(letter, "cee", {}, line[len(_CEE) :].lstrip())
            return True
        bare = _PRIORITY.match(line)
        if bare is None or int(bare[1]) > 191:
            return False
        _keep(letter, "syslog", {"priority": bare[1]}, line[bare.end() :])
        return True
    if _is_level(match["host"]) or _is_level(match["app"]):  # a logger of its own: 2026-11-24T10:00:00Z ERROR app: boom
        return False
    rest = line[match.end() :]
    _keep(letter, "syslog", match.groupdict(), rest[len(_CEE) :].lstrip() if rest.startswith(_CEE) else rest)
    return True


def _is_level(word: bytes) -> bool:
    return len(word) > 1 and of_word(word.decode("utf-8", "replace")) is not None


def _open_compose(letter: Letter) -> bool:
    match = _COMPOSE.match(letter.line) or (_SOURCE.match(letter.line) if letter.line.endswith(b"}") else None)
    if match is None or _is_level(match["service"] or b""):
        return False
    _keep(letter, "compose", match.groupdict(), letter.line[match.end() :])
    return True


def _open_stamp(letter: Letter) -> bool:
    match = _STAMP.match(letter.line) if letter.line.rstrip().endswith(b"}") else None
    if match is None:
        return False
    _keep(letter, "stamp", match.groupdict(), letter.line[match.end() :])
    return True


def _docker(line: bytes) -> dict[str, Any]:
    if b'"log"' not in line:
        return {}
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return document if type(document) is dict else {}


def _open_docker(letter: Letter, document: dict[str, Any] | None = None) -> bool:
    if document is None:
        document = _docker(letter.line) if letter.line.startswith(b'{"') else {}
    if not is_docker(document):
        return False
    text: str = document["log"]
    said = {"ts": document.get("time"), "stream": document.get("stream")}
    found = {key: value.encode() for key, value in said.items() if type(value) is str}
    _keep(letter, "docker", found, text.removesuffix("\n").encode("utf-8", "surrogatepass"))
    letter.is_part = not text.endswith("\n")
    return True


def _keep(letter: Letter, name: str, found: dict[str, bytes | None] | dict[str, bytes], line: bytes) -> None:
    """Note what an envelope says; what one further in says of the same counts more."""
    letter.names += (name,)
    letter.line = line
    for key, value in found.items():
        if value is not None and value != b"-":
            letter.fields[key] = value.decode("utf-8", "replace")


_OPENINGS = (_open_cri, _open_syslog, _open_compose, _open_stamp, _open_docker)
