"""A log record as text for people: time, level, message, fields, and what has lines of its own below.

Only the first line of a record begins at the left edge: everything else that it has is indented, and what is no text of
the message is on one line, so that nothing that a service writes into a line looks like another line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import click
import orjson

from ...logs.dialects.severity import Severity, of_word
from ...logs.lines.marker import LEVEL, MARKER
from ..show.output import json_text, visible
from .choices import ON_REQUEST
from .record_parts import RecordParts

_NAME_COLOURS = ("bright_cyan", "bright_green", "bright_yellow", "bright_blue", "bright_magenta", "cyan", "yellow")
_COLOURS = {
    Severity.TRACE: "cyan",
    Severity.DEBUG: "cyan",
    Severity.INFO: "green",
    Severity.WARN: "yellow",
    Severity.ERROR: "red",
    Severity.FATAL: "red",
    Severity.AUDIT: "magenta",
}
_BELOW = "\n    "
_LONGEST = 10_000  # characters of a value that is looked at whether it is JSON


@dataclass(frozen=True, slots=True)
class TextForm:
    """How records are written.

    Args:
        colour: whether the level, the name of the module and what is less important look so.
        local: whether times are told in the zone of this machine, instead of as the line has them.
        shown: which of ``ON_REQUEST`` are told: where in the code a line was written, the log that it is in (its path,
            or only its name), the module and the process that the line names.
    """

    colour: bool = False
    local: bool = False
    shown: frozenset[str] = frozenset()

    def text(self, name: str | None, record: Mapping[str, str]) -> str:
        """``record`` of the module ``name`` (None: not told), without a newline at its end."""
        parts = RecordParts.of(record)
        word = record.get(LEVEL) or record.get("level", "")
        message, *rest = parts.message.split("\n")
        pieces = [
            self._styled(visible(parts.time_text(local=self.local)), dim=True),
            self._level(word),
            visible(message, "\t"),
            *(self._styled(f"{_key(key)}={_word(value)}", dim=True) for key, value in self._fields(parts)),
        ]
        if name is not None:
            # The same module has the same colour in every run.
            colour = _NAME_COLOURS[crc32(name.encode()) % len(_NAME_COLOURS)]
            pieces.insert(0, self._styled(visible(name), fg=colour, bold=True))
        line = " ".join(filter(None, pieces))
        below = [visible(text, "\t") for text in rest]
        stacks = [visible(text, "\t") for stack in parts.stacks for text in stack.rstrip("\n").split("\n")]
        return _BELOW.join((line, *below, *(self._styled(text, dim=True) for text in stacks)))

    def _fields(self, parts: RecordParts) -> list[tuple[str, str]]:
        asked = [(key, parts.on_request[key]) for key in ON_REQUEST if key in self.shown and key in parts.on_request]
        return [*asked, *parts.fields.items()]

    def _level(self, word: str) -> str:
        severity = of_word(word)
        colour = "blue" if word == MARKER else None if severity is None else _COLOURS[severity]
        bold = severity in (Severity.ERROR, Severity.FATAL)
        return self._styled(f"{visible(word.upper()):5}" if word else "", fg=colour, bold=bold)

    def _styled(self, text: str, *, fg: str | None = None, bold: bool | None = None, dim: bool | None = None) -> str:
        return click.style(text, fg=fg, bold=bold, dim=dim) if self.colour and text else text


def _key(key: str) -> str:
    """A key as it is when it is one word, else as a JSON text."""
    return key if key.isprintable() and not set(key) & set(' "=') else json_text(key)


def _word(value: str) -> str:
    """As it is when one word or JSON, else as a JSON text, so that fields can be told apart."""
    if value and value.isprintable() and (not set(value) & set(' "=') or _is_json(value)):
        return value
    return json_text(value)


def _is_json(value: str) -> bool:
    """Whether a text is an object or an array, whose end can be seen."""
    if value[0] not in "{[" or len(value) > _LONGEST:
        return False
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError:
        return False
    return True
