"""Of which kind an error in a log is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..dialects.fields import Field, keys_of, lookup
from ..lines.parts import find_caller, first_keys, with_objects
from .folding import folded
from .trace import read_trace

_TYPES = (
    *("exception", "error.type", "exception.type", "err.type", "exc_type", "error_type", "error.kind", "error.class"),
    *("attributes.exception.type", "thrown.name", "record.exception.type", "exception.class"),
)
_NAME = re.compile(r"[A-Za-z_$][\w.$:]{0,199}", re.ASCII)
_STACKS, _MESSAGES = keys_of(Field.STACK), keys_of(Field.MESSAGE)
# What there is to say of an error whose line has no message.
_TEXTS = ("error", "error.message", "err.message", "exception.message", "err", "attributes.exception.message")
_OPENED = first_keys((*_STACKS, *_MESSAGES, *keys_of(Field.CALLER), *_TYPES, *_TEXTS))


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """What errors that belong together have in common; each part is "" where the lines do not say it.

    ``exception`` is the type that was raised. ``frame`` is where: the innermost call of the stack trace, or the place
    in the code that wrote the line. ``message`` is the line's, numbers and ids folded.
    """

    exception: str
    frame: str
    message: str


def kind_of(record: Mapping[str, str]) -> ErrorKind:
    """The kind of the error that ``record`` tells. Never raises on what a line holds."""
    document = with_objects(record, _OPENED)
    message = _text(document, _MESSAGES)
    line, _, below = message.strip().partition("\n")
    exception, frame = "", ""
    # A trace has a field of its own, or stands below the message, as in lines of text.
    for trace in (*_traces(document), below and message):
        found, place = read_trace(trace) if trace else ("", "")
        exception, frame = exception or found, frame or place
    named = (lookup(document, key) for key in _TYPES)
    named_type = next((value for value in named if type(value) is str and _NAME.fullmatch(value)), "")
    frame = frame or find_caller(document)[0]
    return ErrorKind(named_type or exception, frame[:300], folded(line or _text(document, _TEXTS)))


def _traces(document: Mapping[str, Any]) -> list[str]:
    values = (lookup(document, key) for key in _STACKS)
    return [value for value in values if type(value) is str and "\n" in value]


def _text(document: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    values = (lookup(document, key) for key in keys)
    return next((value for value in values if type(value) is str and value), "")
