"""What commands print: JSON for programs, tables and colours for people. Results only: words go to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
import orjson

format_option = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the result."
)


def print_json(value: Any) -> None:
    """``value`` as indented JSON."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode())


def print_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table that fits the terminal; in a pipe tab-separated columns under their headers."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in (headers, *cells):
            click.echo("\t".join(row))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headers, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in cells:
        # As Text: a value may hold brackets, which rich would read as markup.
        table.add_row(*map(Text, row))
    Console().print(table)


def note(text: str) -> None:
    """A word to the person, on stderr."""
    click.echo(text, err=True)
