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
# The longest words that are kept whole, such as as-configured.
_WORD = 16
_UNKNOWN_WIDTH = 80


def draw(headers: Sequence[str], rows: Sequence[Sequence[str]], console: Console | None = None) -> None:
    """A table, its longest cells folded and its columns close together where it does not fit; where that would break
    the words of several columns, a record for each row.
    """
    console = console or Console()
    # What some terminals without a size say.
    console.width = console.width or _UNKNOWN_WIDTH
    for gap in (_GAP, _NARROW_GAP):
        widths = _widths(headers, rows, console.width - gap * (len(headers) - 1) - 2, breaking=gap == _NARROW_GAP)
        if widths:
            _draw_table(headers, rows, console, widths, gap)
            return
    _draw_records(headers, rows, console)


def _widths(headers: Sequence[str], rows: Sequence[Sequence[str]], room: int, *, breaking: bool) -> list[int]:
    """Of each column within ``room``, none where they are no columns any more.

    Heads and names are whole; so are words, where ``breaking`` of all columns but one.
    """
    columns = list(zip(headers, *rows, strict=True))
    whole = [max(map(cell_len, cells)) for cells in columns]
    words = [max(cell_len(cell) for cell in " ".join(cells).split() or [""]) for cells in columns]
    least = [cell_len(header) for header in headers]
    worded = [max(head, min(word, _WORD)) for head, word in zip(least, words, strict=True)]
    if columns:
        least[0] = worded[0] = whole[0]
    left = room - sum(least)
    if left < 0:
        return []
    widths = list(least)
    # Words first, then what else is in the cells: who wants least has it, so that few have to do without.
    for wanted in (worded, whole):
        for place in sorted(range(len(columns)), key=lambda place: wanted[place] - widths[place]):
            more = min(max(wanted[place] - widths[place], 0), left)
            widths[place] += more
            left -= more
        broken = sum(width < word for width, word in zip(widths, worded, strict=True))
        if broken > (1 if breaking else 0):
            return []
    return widths


def _draw_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], console: Console, widths: Sequence[int], gap: int
) -> None:
    if gap == _GAP:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    else:
        table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0))
    for header, width in zip(headers, widths, strict=True):
        table.add_column(header, overflow="fold", width=width)
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
