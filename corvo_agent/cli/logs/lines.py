"""Prints log records: as text for people, as JSON or YAML for programs, or as the lines that they were."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

import click
import orjson

from ...logs.dialects.envelopes import join_parts, open_envelopes
from ...logs.dialects.json_text import parse_object, to_text
from ...logs.lines.marker import RAW, is_marker, raw_line, with_own_moved
from ..show.blocking import interruptible
from ..show.colour import wants_colour
from ..show.output import json_text, note, printable_json, visible, write_bytes, yaml_text
from .text import TextForm

_AT_ONCE = 500  # records printed in one write
_MODULE = "corvo.module"


class Line:
    """Prints records as ``output`` says, one of ``OUTPUTS``.

    ``named``: with the name of their module; ``strings``: values in JSON and YAML are the texts that travel, rather
    than the numbers and objects that the line has. Remarks are no lines of a log: they go to standard error, as text.
    A write that blocks is ended by Ctrl-C.
    """

    def __init__(self, output: str, *, named: bool, form: TextForm | None = None, strings: bool = False) -> None:
        self._output = output
        self._named = named
        self._form = form or TextForm()
        self._strings = strings
        self._is_told = False

    @property
    def parameters(self) -> dict[str, str]:
        """What the query has to ask for, besides what is searched."""
        is_typed = self._output in ("json", "yaml") and not self._strings
        return {"raw": "yes"} if is_typed or self._output == "raw" else {}

    def show_all(self, name: str, records: Sequence[Mapping[str, str]]) -> None:
        """Print several records of the module ``name``."""
        self.show_merged((name, record) for record in records)

    def show_merged(self, records: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        """Print records with the names of their modules."""
        with interruptible():
            part: list[bytes] = []
            for name, record in records:
                shown = name if self._named else None
                if is_marker(record):
                    part = _written(part)
                    # Who pipes lines on sees it all the same.
                    click.echo(self._form.text(shown, record), err=True, color=wants_colour(sys.stderr))
                    continue
                part.append(self._bytes(shown, record))
                if len(part) >= _AT_ONCE:
                    part = _written(part)
            _written(part)

    def _bytes(self, name: str | None, record: Mapping[str, str]) -> bytes:
        if self._output == "text":
            return self._form.text(name, record).encode("utf-8", "replace") + b"\n"
        if self._output == "raw" and (line := raw_line(record)) is not None:
            return (visible(line.decode("utf-8", "replace"), "\t\n").encode() if sys.stdout.isatty() else line) + b"\n"
        if self._output == "raw" and not self._is_told:
            self._is_told = True
            note("corvo: the agent does not tell lines as they are in the file: what follows is made of their fields")
        text = as_json(name, record, strings=self._strings)
        return (yaml_text(orjson.loads(text), document=True) if self._output == "yaml" else text + "\n").encode()


def as_json(name: str | None, record: Mapping[str, str], *, strings: bool = False) -> str:
    """One JSON object, with the module's name first when several are shown.

    A record holds texts; what its line (``corvo.raw``) has as a number, an object and so on is one here, too, unless
    ``strings``.
    """
    typed = {} if strings else _typed(record)
    # Twice: it stands first, and no record can say otherwise.
    named = {} if name is None else {_MODULE: name}
    whole = {**named, **{key: text for key, text in record.items() if not key.startswith(RAW)}, **named}
    if not typed:
        return json_text(whole)
    members = (f"{json_text(key)}:{_value(text, typed.get(key))}" for key, text in whole.items())
    return "{" + ",".join(members) + "}"


def _value(text: str, typed: str | None) -> str:
    # What the agent says may be another than what the line says: an envelope's, or one that it has added.
    return printable_json(text) if typed == text else json_text(text)


def _typed(record: Mapping[str, str]) -> dict[str, str]:
    """The JSON of the values of a record's line that are no texts."""
    unit = raw_line(record)
    if unit is None:
        return {}
    first = next(iter(join_parts(unit.split(b"\n"))))[1]
    document = with_own_moved(parse_object(open_envelopes(first.lstrip(b"\0")).line) or {})
    try:
        return {key: to_text(value) for key, value in document.items() if type(value) is not str}
    except orjson.JSONEncodeError:  # nested too deeply: then the record is raw text, too
        return {}


def _written(lines: list[bytes]) -> list[bytes]:
    """Write ``lines``, in one piece; none are left."""
    if lines:
        write_bytes(b"".join(lines))
    return []
