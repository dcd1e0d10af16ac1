"""Log records as lines for people (coloured by level on a terminal) or as JSON lines for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

import click

from ...logs.dialects.fields import Field, text_of
from ...logs.lines.line_time import time_key
from ...logs.lines.marker import LEVEL, is_marker
from ..show.output import json_text, visible, yaml_text

_NAME_COLOURS = ("bright_cyan", "bright_green", "bright_yellow", "bright_blue", "bright_magenta", "cyan", "yellow")
_COLOURS = {
    "debug": "cyan",
    "info": "green",
    "warn": "yellow",
    "error": "red",
    "fatal": "red",
    "audit": "magenta",
    "marker": "blue",
}
# Shown on lines of their own.
_BELOW = ("stack", "stack_info")
# What has a place of its own, or says nothing to a person; the time has its place, too.
_PLACED = frozenset({"level", "module", "caller", "pid", "source", *_BELOW})


class Line:
    """Prints records as ``output`` says: text, json or yaml; ``named``: with the name of their module in front."""

    def __init__(self, output: str, *, named: bool, colour: bool) -> None:
        self._output = output
        self._named = named
        self._colour = colour

    def show(self, name: str, record: Mapping[str, str]) -> None:
        """Print one record."""
        shown = name if self._named else None
        if self._output == "text":
            # A remark is not a line of the log: who pipes lines on sees it all the same.
            click.echo(as_text(shown, record, colour=self._colour), color=self._colour, err=is_marker(record))
        elif self._output == "json":
            click.echo(as_json(shown, record))
        else:
            click.echo(yaml_text(_with_name(shown, record), document=True), nl=False)

    def show_all(self, name: str, records: Sequence[Mapping[str, str]]) -> None:
        """Print several."""
        for record in records:
            self.show(name, record)


def as_json(name: str | None, record: Mapping[str, str]) -> str:
    """One JSON object, with the module's name first when several are shown."""
    return json_text(_with_name(name, record))


def _with_name(name: str | None, record: Mapping[str, str]) -> Mapping[str, str]:
    return record if name is None else {"corvo.module": name, **record}


def as_text(name: str | None, record: Mapping[str, str], *, colour: bool) -> str:
    """Time, level, message and the other fields as ``key=value``, then stacks, indented; controls made visible."""
    level, key = record.get(LEVEL) or record.get("level", ""), time_key(record)
    message = text_of(record, Field.MESSAGE) or ("msg", "")
    # The agent adds the contract's own time to every line that has one: the time is not said twice.
    placed = _PLACED | {message[0], LEVEL} if key is None else _PLACED | {message[0], LEVEL, key, "@timestamp"}
    parts = [
        _Part("" if key is None else record[key], dim=True),
        _Part(f"{level.upper():5}", fg=_COLOURS.get(level.lower()), bold=level.lower() in ("error", "fatal")),
        _Part(message[1]),
        *(_Part(f"{field}={_word(value)}", dim=True) for field, value in record.items() if field not in placed),
    ]
    if name is not None:
        # The same module has the same colour in every run.
        parts.insert(0, _Part(name, fg=_NAME_COLOURS[crc32(name.encode()) % len(_NAME_COLOURS)], bold=True))
    line = " ".join(part.styled(colour=colour) for part in parts if part.text)
    stacks = [_Part(text, dim=True).styled(colour=colour) for key in _BELOW if (text := record.get(key))]
    return "\n".join((line, *("    " + stack.rstrip("\n").replace("\n", "\n    ") for stack in stacks)))


class _Part:
    """One piece of a line, and how it looks on a terminal."""

    __slots__ = ("_looks", "text")

    def __init__(self, text: str, **looks: str | bool | None) -> None:
        self.text = text
        self._looks = looks

    def styled(self, *, colour: bool) -> str:
        text = visible(self.text, "\t\n")
        return click.style(text, **self._looks) if colour and self._looks else text  # type: ignore[arg-type]


def _word(value: str) -> str:
    """As it is when one word, else as a JSON text, so that fields can be told apart."""
    if value and value.isprintable() and not set(value) & set(' "='):
        return value
    return json_text(value)
