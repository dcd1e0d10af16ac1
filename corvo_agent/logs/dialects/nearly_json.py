r"""Mends lines that are JSON but for what programs write by hand, or out of a template, and no parser takes.

That is: backslashes that escape nothing (``\x1b``, ``C:\Users``), words without quotes (``nan``, ``-``, ``None``,
``007``), no value at all behind a colon, a comma too many, and what lets lines be an array or a sequence together
(``[{...},``, RFC 7464's record separator). Nothing is left out; a line that is cut, or holds two objects, stays text.
"""

from __future__ import annotations

import re

import orjson

_LONGEST = 256 * 1024  # characters of a line that is mended
_BEFORE, _BEHIND = " \t[,\x1e\ufeff", " \t\r],"
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]++|\s++', re.DOTALL)
_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null", re.ASCII)
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}|)')


def may_open_object(line: bytes) -> bool:
    """Whether a JSON object may begin with a line, alone or as one of an array or a sequence."""
    return line.lstrip(_BEFORE[:-1].encode())[:1] == b"{"


def mended(text: str) -> str | None:
    """``text`` as JSON, if it is an object but for small faults; it may be none after all. None when it surely is not.

    Takes time linear in its length.
    """
    text = text.lstrip(_BEFORE)
    if len(text) > _LONGEST or not text.startswith("{"):
        return None
    text = text.rstrip(_BEHIND)
    parts: list[str] = []
    last, position = "", 0
    place = 0  # of the last token in ``parts``
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:  # a text without its end
            return None
        token, position = match[0], match.end()
        if token.isspace():
            parts.append(token)
            continue
        if token in ",}]" and last == ":":
            parts.append('""')
        if token in "}]" and last == ",":
            parts[place] = ""
        place = len(parts)
        if token[0] == '"':
            parts.append(_ESCAPE.sub(_escaped, token))
        elif token in "{}[]:," or (last in (":", "[", ",") and _SCALAR.fullmatch(token)):
            parts.append(token)
        elif last in (":", "[", ","):
            # In place of a key it stays what it is: no JSON.
            parts.append(orjson.dumps(token.encode("utf-8", "replace").decode()).decode())
        else:
            return None
        if token == ":" and last not in _NO_KEY and last[0] != '"':
            return None
        last = token
    return "".join(parts)


_NO_KEY = ("{", "[", ",", ":", "}", "]")


def _escaped(match: re.Match[str]) -> str:
    return match[0] if len(match[0]) > 1 else "\\\\"
