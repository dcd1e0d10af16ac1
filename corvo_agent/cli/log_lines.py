"""Log records as lines for people (coloured by level on a terminal) or as JSON lines for programs."""

from __future__ import annotations

from collections.abc import Mapping

import click
import orjson

_COLOURS = {"debug": "cyan", "info": "green", "warn": "yellow", "error": "red", "audit": "magenta", "marker": "blue"}
# What has a place of its own in a line, or says nothing to a person.
_PLACED = frozenset({"ts", "@timestamp", "level", "msg", "module", "caller", "pid", "source"})


def as_json(name: str | None, record: Mapping[str, str]) -> str:
    """One JSON object, with the module's name first when several are shown."""
    return orjson.dumps(record if name is None else {"corvo.module": name, **record}).decode()


def as_text(name: str | None, record: Mapping[str, str], *, colour: bool) -> str:
    """Time, level, message, then the other fields as ``key=value``; control characters made visible."""
    level = record.get("level", "")
    shown_level = f"{level.upper():5}"
    rest = " ".join(f"{key}={_value(value)}" for key, value in record.items() if key not in _PLACED)
    parts = [record.get("ts") or record.get("@timestamp", ""), shown_level, _visible(record.get("msg", "")), rest]
    if colour:
        parts[0] = click.style(parts[0], dim=True) if parts[0] else ""
        parts[1] = click.style(shown_level, fg=_COLOURS.get(level.lower()), bold=level.lower() == "error")
        parts[3] = click.style(rest, dim=True) if rest else ""
    line = " ".join(part for part in parts if part)
    return line if name is None else f"{name} {line}"


def _value(value: str) -> str:
    """As it is when one word, else as a JSON text, so that fields can be told apart."""
    if value and value.isprintable() and not set(value) & set(' "='):
        return value
    return orjson.dumps(value).decode()


def _visible(text: str) -> str:
    # A log line must not be able to move the cursor or change colours of the terminal that shows it.
    return "".join(char if char.isprintable() or char in "\t\n" else repr(char)[1:-1] for char in text)
