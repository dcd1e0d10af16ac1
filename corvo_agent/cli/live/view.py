"""``corvo top`` on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import click

from ..show.counted import counted
from ..show.output import visible
from .fact_rows import fact_rows
from .fleet import HEADERS
from .monitor import Seen

if TYPE_CHECKING:
    from rich.console import RenderableType

FUNCTIONS = 10
_NOTHING = "0.0%"
_BARS = "▁▂▃▄▅▆▇█"


def print_seen(seen: Seen) -> None:
    """What is seen as tab-separated columns: facts, then FLAT%, CUM%, name and FILE:LINE of functions.

    Or only the problem.
    """
    if seen.problem:
        click.echo(f"problem\t{visible(seen.problem)}")
        return
    for name, text in fact_rows(seen.facts):
        click.echo(f"{name}\t{visible(text)}")
    for flat, cumulative, name, place in _functions(seen, FUNCTIONS):
        click.echo(f"function\t{flat}\t{cumulative}\t{visible(name)}\t{visible(place)}")
    if seen.unprofiled:
        click.echo(f"functions\t{visible(seen.unprofiled)}")


def render(seen: Seen, title: str, lines: int, *, by_cumulative: bool = False, paused: bool = False) -> RenderableType:
    """What is seen for a terminal of so many ``lines``; functions by what they called too, with ``by_cumulative``."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    head = Text(f"corvo top: {visible(title)}", "bold")
    if seen.problem:
        head.append(f"   {visible(seen.problem)}; trying again", "red")
    if paused:
        head.append("   paused", "yellow")
    grid = Table.grid(padding=(0, 2))
    history = {"cpu": sparkline(seen.cpu), "memory": sparkline(seen.memory)}
    for name, text in fact_rows(seen.facts):
        # What is shown while the agent is away is old.
        style = "dim" if seen.problem else ""
        grid.add_row(Text(name, "cyan"), Text(visible(text), style), Text(history.get(name, ""), f"green {style}"))
    room = lines - len(fact_rows(seen.facts)) - 8
    return Group(
        head, Text(), grid, Text(), _hottest(seen, max(1, min(room, 2 * FUNCTIONS)), by_cumulative=by_cumulative)
    )


def render_fleet(rows: Sequence[Sequence[str]], order: str, lines: int, *, paused: bool = False) -> RenderableType:
    """Rows of modules for a terminal of so many ``lines``, sorted by ``order``."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    head = Text(f"corvo top: {counted(len(rows), 'module')} by {order}", "bold")
    if paused:
        head.append("   paused", "yellow")
    table = Table(*HEADERS, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[1:6]:
        column.justify = "right"
    shown = rows[: max(1, lines - 6)]
    for row in shown:
        *cells, problem = (visible(cell) for cell in row)
        table.add_row(*map(Text, cells), Text(problem, "red"))
    rest = len(rows) - len(shown)
    return Group(head, table, Text(f"and {rest} more" if rest else "q ends, p pauses, s sorts", "dim"))


def _hottest(seen: Seen, count: int, *, by_cumulative: bool) -> RenderableType:
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if seen.unprofiled:
        return Text(f"no functions: {visible(seen.unprofiled)}", "yellow")
    if seen.hot is None:
        return Text("functions come with the first profile", "dim")
    if not seen.hot.total:
        return Text("no function has used the processor", "dim")
    table = Table("FLAT%", "CUM%", "FUNCTION", "PLACE", box=box.SIMPLE_HEAD, pad_edge=False)
    table.columns[0].justify = table.columns[1].justify = "right"
    table.columns[2].no_wrap = table.columns[3].no_wrap = True
    own = seen.hot.own
    for flat, cumulative, name, place in _functions(seen, max(1, count - bool(own)), by_cumulative=by_cumulative):
        # Its end says most of a place, and there is room for little.
        table.add_row(flat, cumulative, Text(visible(name)), Text(visible("/".join(place.split("/")[-2:])), "dim"))
    if not own:
        return table
    return Group(table, Text(f"{seen.hot.share(own)} in functions of corvo_agent itself", "dim"))


def _functions(seen: Seen, count: int, *, by_cumulative: bool = False) -> list[tuple[str, str, str, str]]:
    hot = seen.hot
    if hot is None:
        return []
    found = hot.hottest(count, by_cumulative=by_cumulative)
    rows = [(hot.share(each.flat), hot.share(each.cumulative), each.name, each.place) for each in found]
    # What would be 0.0 % in both columns is nothing to look at.
    return [row for row in rows if row[1] != _NOTHING]


def sparkline(values: Collection[float]) -> str:
    """``values`` as bars from nothing to the highest of them."""
    highest = max(values, default=0.0)
    if highest <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[min(len(_BARS) - 1, int(len(_BARS) * value / highest))] for value in values)
