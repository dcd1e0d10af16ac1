"""JSON as log files have it: exactly where it is right, and as far as it can be understood where it is not quite.

One odd byte does not cost a line its level: bytes that are no UTF-8, ``NaN``, control characters and lone surrogates
inside of texts are taken for what they were meant to be, and so is what ``nearly_json`` mends. Integers past 64 bits
and ``-0`` keep their digits.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from .byte_pattern import BytePattern
from .nearly_json import may_open_object, mended

# What orjson may read as another number: integers past 64 bits become floats, -0 becomes 0.
_INEXACT = BytePattern(r"[0-9]{20}|-[0-9]{19}|[:,\[ \t]-0[^.0-9eE]")
_PARTS = 8  # characters of the longest escape, and one more
#: Levels of objects and arrays inside of a value, as many as orjson writes. One limit for every Python, whose own
#: json modules stop anywhere between 1,000 levels and the end of the stack.
DEEPEST = 254
_SPACE = re.compile(r"[ \t\r\n]*")


class Literal(float):
    """A number that has no other exact form than the text that it was written as."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def parse_object(data: bytes) -> dict[str, Any] | None:
    """The object that ``data`` holds; None when it holds none.

    Never raises. Values nested more than ``DEEPEST`` levels deep may be in it; ``to_text`` refuses them.
    """
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        return _parse_odd(data)
    if type(document) is not dict:
        return _parse_odd(data)
    return document if is_exact(data) else _parse_odd(data) or document


def is_exact(data: bytes) -> bool:
    """Whether orjson reads every number in ``data`` as it is written; rather no than yes."""
    return _INEXACT.find(data, 0, len(data)) < 0


def parse_start(data: bytes) -> dict[str, Any]:
    """The members of an object of which only the beginning is there; the last one may be a text without its end."""
    document: dict[str, Any] = {}
    text = data.decode("utf-8", "replace").lstrip("\ufeff \t")
    if not text.startswith("{"):
        return document
    position = 1
    try:
        while True:
            position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
            if text[position] != '"':
                break
            key, position = _DECODER.raw_decode(text, position)
            position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
            if text[position] != ":":
                break
            position = _SPACE.match(text, position + 1).end()  # type: ignore[union-attr]
            try:
                document[key], position = _DECODER.raw_decode(text, position)
            except ValueError:
                if text[position] == '"':
                    document[key] = _unfinished(text[position + 1 :])
                break
            position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
            if text[position] != ",":
                break
            position += 1
    except (IndexError, ValueError, RecursionError):  # here it was cut
        pass
    try:
        return _without_halves(document)
    except RecursionError:
        return {}


def to_text(value: Any) -> str:
    """A JSON value as a record holds it: text as it is, everything else as compact JSON.

    Raises orjson.JSONEncodeError when it is nested more than ``DEEPEST`` levels deep.
    """
    if type(value) is str:
        return value
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        try:
            return _compact(value, DEEPEST)
        except RecursionError:
            pass
        raise


def _parse_odd(data: bytes) -> dict[str, Any] | None:
    if not may_open_object(data):
        return None
    text = data.decode("utf-8", "replace")
    found = _decoded(text)
    if found is None and (better := mended(text)) is not None:
        found = _decoded(better)
    return found


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        document = _DECODER.decode(text)
        return _without_halves(document) if type(document) is dict else None
    except (ValueError, RecursionError):
        return None


def _integer(text: str) -> int | Literal:
    if text == "-0" or len(text) > 18:
        number = int(text) if 18 < len(text) < 21 else 1 << 64
        if text == "-0" or not -(1 << 63) <= number < 1 << 64:
            return Literal(text)
    return int(text)


_DECODER = json.JSONDecoder(strict=False, parse_int=_integer, parse_constant=str)


def _unfinished(text: str) -> str:
    """A text that has no end, which may have been cut inside an escape."""
    for less in range(min(_PARTS, len(text) + 1)):
        try:
            return str(_DECODER.decode(f'"{text[: len(text) - less]}"'))
        except ValueError:
            continue
    return ""


def _without_halves(document: dict[str, Any]) -> dict[str, Any]:
    """``document`` without half surrogate pairs, which no text that is sent can hold.

    Raises RecursionError when it has to be looked through and is nested too deeply for that.
    """
    try:
        orjson.dumps(document)
    except orjson.JSONEncodeError:  # those, or a number that only we can write
        return {_mended(key, 0): _mended(value, DEEPEST) for key, value in document.items()}
    return document


def _mended(value: Any, room: int) -> Any:
    """``value``, which may have ``room`` levels. Raises RecursionError when it has more."""
    if type(value) is str:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if type(value) not in (dict, list):
        return value
    if not room:
        raise RecursionError
    if type(value) is dict:
        return {_mended(key, 0): _mended(inner, room - 1) for key, inner in value.items()}
    return [_mended(inner, room - 1) for inner in value]


def _compact(value: Any, room: int) -> str:
    """``value``, which may have ``room`` levels, as JSON. Raises RecursionError when it has more."""
    if isinstance(value, Literal):
        return value.text
    if type(value) not in (dict, list):
        return orjson.dumps(value).decode()
    if not room:
        raise RecursionError
    if type(value) is dict:
        members = (f"{orjson.dumps(key).decode()}:{_compact(inner, room - 1)}" for key, inner in value.items())
        return "{" + ",".join(members) + "}"
    return "[" + ",".join(_compact(inner, room - 1) for inner in value) + "]"
