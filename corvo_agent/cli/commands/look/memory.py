"""``corvo memory``: what the memory of a module is used for, and what has grown since."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from ....errors import InvalidArgument, Unsupported
from ....profiles.pprof.model import Profile
from ...help import HelpCommand
from ...profiles.heap_rows import HeapView, heap_view, signed
from ...profiles.taking import read_profile, with_progress
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import format_option, note, print_result
from ...where.complete import modules
from ...where.connect import open_agent
from ...where.options import agent_options
from ...whole_file import write_whole

_RECORDING = 5.0
_BY = ("type", "line")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("memory", cls=HelpCommand, short_help="Show what the memory of a module is used for.")
@click.argument("name", shell_complete=modules)
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
    name: str,
    by: str,
    seconds: float | None,
    save: Path | None,
    base: Path | None,
    count: int,
    everything: bool,
    output: str | None,
    where: Where,
) -> None:
    """Show what the memory of the module NAME is used for: by type at once, from the garbage collector, or by the line
    that allocates, in a recording of some seconds. Before and after in two commands, with --save and --base.

    \b
    corvo memory node1-pen-npm --save before.pb.gz
    corvo memory node1-pen-npm --base before.pb.gz          what has grown, what has shrunk
    corvo memory node1-pen-npm --by line --seconds 10       which lines allocate what stays
    """
    if seconds is not None and by == "type":
        raise InvalidArgument("--seconds", f"{seconds:g}", "types are counted at once: it goes with --by line")
    before = None if base is None else await asyncio.to_thread(_saved, base)
    wanted = (_RECORDING if seconds is None else seconds) if by == "line" else None
    async with open_agent(where, name) as client:
        buffer = await with_progress(client.profile("heap", wanted), wanted, f"memory of {name}")
    profile = await asyncio.to_thread(read_profile, buffer)
    if profile is None:
        raise Unsupported("memory", f"what {name} answers to the profile heap is no pprof profile")
    view = heap_view(profile, before, everything=everything)
    if save is not None:
        await asyncio.to_thread(write_whole, save, buffer)
        note(f"{save}: {len(buffer)} bytes")
    for comment in profile.comments:
        note(comment)
    _show(view, count, output, is_change=before is not None)


def _saved(path: Path) -> Profile:
    profile = read_profile(path.read_bytes())
    if profile is None:
        raise InvalidArgument("--base", str(path), "not a profile")
    return profile


def _show(view: HeapView, count: int, output: str | None, *, is_change: bool) -> None:
    rows = [
        (
            signed(row.objects, is_change=is_change),
            signed(row.size, is_change=is_change, unit="bytes"),
            row.name,
            *((row.place,) if view.traced else ()),
        )
        for row in view.rows[:count]
    ]
    value = {
        "by": "line" if view.traced else "type",
        "change": is_change,
        "objects": view.objects,
        "bytes": view.size,
        "rows": [
            {"name": row.name, "place": row.place, "objects": row.objects, "bytes": row.size} for row in view.rows
        ],
    }
    size, objects = signed(view.size, is_change=is_change, unit="bytes"), signed(view.objects, is_change=is_change)
    note(f"{size} in {objects} objects{' since --base' if is_change else ''}")
    print_result(output, value, ("OBJECTS", "SIZE", *(("LINE", "PLACE") if view.traced else ("TYPE",))), rows)
    if len(view.rows) > count:
        note(f"{len(view.rows) - count} more rows: --top shows them")
    if view.own:
        note(f"{signed(view.own, is_change=is_change, unit='bytes')} of it is the agent's own: --all shows it")
