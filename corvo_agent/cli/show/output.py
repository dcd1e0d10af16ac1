"""What commands print: JSON and YAML for programs, tables and words for people. Results only: words go to stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import click

from ...logs.lines.printable import visible as visible
from .yaml_format import write_yaml

F = TypeVar("F", bound=Callable[..., Any])

# Characters beyond ASCII, and DEL, can only stand inside of JSON texts, where an escape means the same.
_BEYOND_ASCII = re.compile("[^\x00-\x7e]+")
FORMATS = ("table", "text", "json", "yaml")


def output_option(*formats: str, default: str, shown: str = "") -> Callable[[F], F]:
    """``-o``, with ``formats`` to choose from; ``shown`` tells of a ``default`` that depends."""
    return click.option(
        *("-o", "--output"),
        type=click.Choice(formats),
        default=default or None,
        show_default=shown or True,
        help="Form of the result.",
    )


#: The form of a table: drawn on a terminal, columns between tabs in a pipe, unless told otherwise.
format_option = output_option(*FORMATS, default="", shown="table on a terminal, else text")


def print_result(output: str | None, value: Any, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """``value`` as JSON or YAML, or ``rows`` as a table or text, as ``output`` says; None is what fits the place."""
    if output == "json":
        print_json(value)
    elif output == "yaml":
        click.echo(yaml_text(value), nl=False)
    else:
        print_table(headers, rows, drawn=None if output is None else output == "table")


def print_json(value: Any) -> None:
    """``value`` as indented JSON."""
    click.echo(json_text(value, indented=True))


def json_text(value: Any, *, indented: bool = False) -> str:
    """``value`` as JSON that a terminal shows and does not obey: what is not printable is escaped, too.

    Controls above ASCII are, and characters that turn the direction of text or take no place.
    """
    # Late: without it a program still says that it is missing.
    import orjson

    options = orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if indented else 0)
    return printable_json(orjson.dumps(value, option=options, default=str).decode())


def printable_json(text: str) -> str:
    """JSON of orjson with what is not printable as escapes."""
    return _BEYOND_ASCII.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    text = found[0]
    if text.isprintable():
        return text
    # orjson writes other characters as they are; json knows how those beyond 16 bits are escaped.
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def yaml_text(value: Any, *, document: bool = False) -> str:
    """``value`` as YAML; ``document``: as one of a stream of them."""
    import orjson

    # By way of JSON, so that both say the same of values that neither knows.
    return write_yaml(orjson.loads(json_text(value)), document=document)


def print_table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, drawn: bool | None = None) -> None:
    """A table that fits the terminal; in a pipe tab-separated columns under their headers. ``drawn`` says which."""
    cells = [[visible(str(cell)) for cell in row] for row in rows]
    if not (sys.stdout.isatty() if drawn is None else drawn):
        for row in (headers, *cells):
            click.echo("\t".join(row))
        return
    from .tables import draw

    draw(headers, cells)


def write_bytes(data: bytes) -> None:
    """Write ``data`` on standard output as it is, at once."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def note(text: str) -> None:
    """A word to the person, on stderr. One that takes nothing, such as a log on a full disk, ends no program."""
    with suppress(OSError):
        click.echo(visible(text, "\n"), err=True)
