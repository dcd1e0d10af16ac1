"""``corvo memory``: what the memory of a module is used for, and what has grown since."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ....errors import InvalidArgument, Unsupported
from ....profiles.pprof.model import Profile
from ....profiles.stacks.own import shown_comments
from ...asking import ask_chosen, tell
from ...help import HelpCommand
from ...profiles.heap_rows import HeapView, heap_view, signed
from ...profiles.taking import read_profile, with_progress
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import format_option, note, print_result
from ...where.chosen import Chosen, choose_modules
from ...where.options import agent_options
from ...whole_file import write_whole

if TYPE_CHECKING:
    from ....diagnostics.client.typed_client import TypedClient

_RECORDING = 5.0
_BY = ("type", "line")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("memory", cls=HelpCommand, short_help="Show what the memory of a module is used for.")
@choose_modules()
@click.option(
    "--by", type=click.Choice(("type", "line")), default="type", show_default=True, help="What to tell apart."
)
@click.option("--seconds", type=float, help=f"How long to trace for --by line, {_RECORDING:g} unless given.")
@click.option("--save", type=_FILE, metavar="FILE", help="Keep what was measured, for --base and go tool pprof.")
@click.option("--base", type=_FILE, metavar="FILE", help="Show what has changed since FILE was saved.")
@click.option("--top", "count", type=click.IntRange(1), default=20, show_default=True, help="Rows to show.")
@click.option("--all", "everything", is_flag=True, help="Show what the agent itself holds, too.")
@format_option
@agent_options
@asynchronous
async def command(
    chosen: Chosen,
    by: str,
    seconds: float | None,
    save: Path | None,
    base: Path | None,
    count: int,
    everything: bool,
    output: str | None,
    where: Where,
) -> int:
    """Show what the memory of the modules NAME... is used for: by type at once, from the garbage collector, or by the
    line that allocates, in a recording of some seconds. Before and after in two commands, with --save and --base.

    \b
    corvo memory node1-pen-npm --save before.pb.gz
    corvo memory node1-pen-npm --base before.pb.gz          what has grown, what has shrunk
    corvo memory node1-pen-npm --by line --seconds 10       which lines allocate what stays
    """
    if seconds is not None and by == "type":
        raise InvalidArgument("--seconds", f"{seconds:g}", "types are counted at once: it goes with --by line")
    several = chosen.several
    if several and (save or base):
        raise click.UsageError("--save and --base are for one module: name one")
    before = None if base is None else await asyncio.to_thread(_saved, base)
    wanted = (_RECORDING if seconds is None else seconds) if by == "line" else None

    async def ask(client: TypedClient, name: str) -> HeapView:
        taking = client.profile("heap", wanted)
        buffer = await with_progress(taking, wanted, f"memory of {name}", alone=not several)
        profile = await asyncio.to_thread(read_profile, buffer)
        if profile is None:
            raise Unsupported("memory", f"what {name} answers to the profile heap is no pprof profile")
        if save is not None:
            await asyncio.to_thread(write_whole, save, buffer)
            note(f"{save}: {len(buffer)} bytes")
        for comment in shown_comments(profile):
            tell(comment, name, several=several)
        return heap_view(profile, before, everything=everything)

    found, code = await ask_chosen(where, chosen, ask, "memory")
    if found:
        _show(found, count, output, is_change=before is not None, several=several)
    return code


def _saved(path: Path) -> Profile:
    profile = read_profile(path.read_bytes())
    if profile is None:
        raise InvalidArgument("--base", str(path), "not a profile")
    return profile


def _show(found: Mapping[str, HeapView], count: int, output: str | None, *, is_change: bool, several: bool) -> None:
    traced = any(view.traced for view in found.values())
    rows = [
        (
            *((name,) if several else ()),
            signed(row.objects, is_change=is_change),
            signed(row.size, is_change=is_change, unit="bytes"),
            row.name,
            *((row.place,) if traced else ()),
        )
        for name, view in found.items()
        for row in view.rows[:count]
    ]
    for name, view in found.items():
        size, objects = signed(view.size, is_change=is_change, unit="bytes"), signed(view.objects, is_change=is_change)
        tell(f"{size} in {objects} objects{' since --base' if is_change else ''}", name, several=several)
    values = {name: _json(view, is_change=is_change) for name, view in found.items()}
    headers = ("OBJECTS", "SIZE", *(("LINE", "PLACE") if traced else ("TYPE",)))
    if several:
        print_result(output, values, ("MODULE", *headers), rows)
    else:
        print_result(output, next(iter(values.values())), headers, rows)
    for name, view in found.items():
        if len(view.rows) > count:
            tell(f"{len(view.rows) - count} more rows: --top shows them", name, several=several)
        if view.own:
            own = signed(view.own, is_change=is_change, unit="bytes")
            tell(f"{own} of it is the agent's own: --all shows it", name, several=several)


def _json(view: HeapView, *, is_change: bool) -> dict[str, Any]:
    return {
        "by": "line" if view.traced else "type",
        "change": is_change,
        "objects": view.objects,
        "bytes": view.size,
        "rows": [
            {"name": row.name, "place": row.place, "objects": row.objects, "bytes": row.size} for row in view.rows
        ],
    }
