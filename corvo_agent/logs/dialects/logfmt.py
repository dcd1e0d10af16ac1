"""Lines of ``key=value`` pairs: logfmt, as the framework's own library, logrus, slog and many others write it."""

from __future__ import annotations

import re

import orjson

_PAIR = re.compile(
    r'(?P<key>[A-Za-z_@][\w.@/-]*)=(?P<value>"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'(?=\s|$)|[^\s"]*)(?:\s+|$)'
)
_BARE = re.compile(r"\S+(?:\s+|$)")

#: What a line has to have one of, or anything with an equals sign would be taken for logfmt.
_TELLING = frozenset({"level", "lvl", "severity", "ts", "time", "t", "timestamp", "Level", "Time"})
_QUOTE = re.compile(r"\\(['\\])")


def parse_logfmt(line: str) -> dict[str, str] | None:
    """The pairs of a line; words between them are kept under ``msg``. None when the line is no logfmt."""
    if _PAIR.match(line) is None:
        return None
    found: dict[str, str] = {}
    bare: list[str] = []
    position = 0
    while position < len(line):
        pair = _PAIR.match(line, position)
        if pair is not None:
            found[pair["key"]] = _unquoted(pair["value"])
            position = pair.end()
            continue
        word = _BARE.match(line, position)
        if word is None:
            break
        bare.append(word[0].strip())
        position = word.end()
    if _TELLING.isdisjoint(found):
        return None
    if bare:
        found["msg"] = " ".join([found["msg"], *bare] if "msg" in found else bare)
    return found


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == "'":  # as Python writes it: structlog's KeyValueRenderer
        return _QUOTE.sub(r"\1", value[1:-1])
    if not value.startswith('"'):
        return value
    try:
        return str(orjson.loads(value))
    except orjson.JSONDecodeError:  # escapes of another language
        return value[1:-1]
