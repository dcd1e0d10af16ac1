"""Tables drawn on a terminal, whatever its width; nothing is cut off: a name that is not whole cannot be typed."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Between two columns: as people like it, and where there is little room.
_GAP, _NARROW_GAP = 3, 1


def draw(headers: Sequence[str], rows: Sequence[Sequence[str]], console: Console | None = None) -> None:
    """A table, its longest cells folded and its columns close together where it does not fit; where even that does not
    help, a record for each row.
    """
    console = console or Console()
    if _needs(headers, rows, _GAP) <= console.width:
        _draw_table(headers, rows, console, Table(box=box.SIMPLE_HEAD, pad_edge=False))
    elif _needs(headers, rows, _NARROW_GAP) <= console.width:
        _draw_table(headers, rows, console, Table(box=None, pad_edge=False, padding=(0, _NARROW_GAP, 0, 0)))
    else:
        _draw_records(headers, rows, console)


def _needs(headers: Sequence[str], rows: Sequence[Sequence[str]], gap: int) -> int:
    """The width below which columns are no columns any more: names whole, the others as wide as their heads."""
    names = [headers[0], *(row[0] for row in rows)] if headers else []
    return max(map(cell_len, names), default=0) + sum(cell_len(header) + gap for header in headers[1:]) + 2


def _draw_table(headers: Sequence[str], rows: Sequence[Sequence[str]], console: Console, table: Table) -> None:
    for place, header in enumerate(headers):
        table.add_column(header, overflow="fold", no_wrap=place == 0, min_width=cell_len(header))
    for row in rows:
        # As Text: a value may hold brackets, which rich would read as markup.
        table.add_row(*map(Text, row))
    console.print(table)


def _draw_records(headers: Sequence[str], rows: Sequence[Sequence[str]], console: Console) -> None:
    width = max(map(cell_len, headers), default=0)
    for row in rows:
        record = Table(box=None, show_header=False, pad_edge=False)
        record.add_column(style="bold", no_wrap=True, min_width=width)
        record.add_column(overflow="fold")
        for header, cell in zip(headers, row, strict=True):
            record.add_row(Text(header), Text(cell))
        console.print(record)
        console.print()
