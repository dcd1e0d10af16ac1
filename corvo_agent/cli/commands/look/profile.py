"""``corvo profile``: take a profile of a module, put it into a file, and show what it says first."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from ....errors import InvalidArgument
from ....profiles.kind import parse_number
from ....profiles.pprof.model import Profile
from ...help import HelpCommand
from ...profiles.children import children_option, children_parameter
from ...profiles.flame.graph import check_flame, flame_graph
from ...profiles.hot_functions import Measured, difference, measured
from ...profiles.taking import GZIP, read_profile, trace_notes, with_progress
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import note, print_table
from ...where.complete import KIND_ALIASES, kinds, modules, profile_parameters
from ...where.connect import open_agent
from ...where.options import agent_options
from ...where.worker import worker_option
from ...whole_file import write_whole

# Seconds; the agent has a bound of its own.
_SHORTEST, _LONGEST = 0.001, 86400.0


@click.command("profile", cls=HelpCommand, short_help="Take a profile of a module.")
@click.argument("name", shell_complete=modules)
@click.argument("kind", shell_complete=kinds)
@click.argument("parameters", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=profile_parameters)
@click.option("--seconds", type=float, help="How long to measure, where time matters.")
@click.option("-o", "path", metavar="FILE", help="Where to put it, NAME-KIND.pb.gz unless given; - is stdout.")
@click.option("--flame", "flame", type=click.Path(path_type=Path), metavar="FILE", help="A flame graph: .svg or .html.")
@click.option("--top", "count", type=click.IntRange(0), default=10, show_default=True, help="Functions to show.")
@click.option("--diff", "old", type=click.Path(path_type=Path), metavar="FILE", help="Show what changed since FILE.")
@children_option
@click.option("--all", "everything", is_flag=True, help="Show the agent's own functions, too.")
@click.option("--sample-type", default="", metavar="TYPE", help="What to show, such as inuse_space or alloc_objects.")
@worker_option
@agent_options
@asynchronous
async def command(
    name: str,
    kind: str,
    parameters: tuple[str, ...],
    worker: str,
    seconds: float | None,
    path: str | None,
    flame: Path | None,
    count: int,
    old: Path | None,
    children: bool,
    everything: bool,
    sample_type: str,
    where: Where,
) -> None:
    """Take a profile of the module NAME: cpu (profile), tasks (goroutine), memory (heap), locks (mutex), block and what
    else its agent has. KEY=VALUE are parameters of that kind, such as mode, engine, hz, budget, frames or base.

    It goes into a file for go tool pprof and other readers; the functions that it spends most in are shown. FLAT is
    what was spent in a function itself, CUM what in it and in all that it called, PLACE the line in it that took most.

    \b
    corvo profile node1-pen-npm profile --seconds 20     then: go tool pprof node1-pen-npm-profile.pb.gz
    corvo profile node1-pen-npm profile --seconds 20 --flame cpu.svg
    corvo profile node1-pen-npm cpu mode=wall engine=builtin --seconds 20
    corvo profile node1-pen-npm memory --sample-type inuse_space -o heap.pb.gz
    corvo profile node1-pen-npm memory --diff heap.pb.gz -o later.pb.gz
    corvo profile node1-pen-npm cpu --children           a sidecar: with the workers below its process
    corvo profile node1-pen-npm cmdline -o -
    """
    asked = _parameters(parameters, seconds) | children_parameter(children=children)
    seconds = float(asked["seconds"]) if "seconds" in asked else None
    kind = KIND_ALIASES.get(kind.lower(), kind)
    before = None if old is None else await asyncio.to_thread(_before, old, sample_type)
    if flame is not None:
        check_flame(flame)
    async with open_agent(where, name) as client:
        client.worker = worker
        buffer = await with_progress(client.profile(kind, seconds, asked), seconds, f"{kind} of {name}")
    if path == "-":
        sys.stdout.buffer.write(buffer)
    else:
        file = Path(path or f"{name}-{kind}{_suffix(buffer)}")
        await asyncio.to_thread(write_whole, file, buffer)
        note(f"{file}: {len(buffer)} bytes")
    profile = await asyncio.to_thread(read_profile, buffer)
    if profile is None:
        _no_stacks(buffer, kind, {"--flame": flame, "--diff": old})
        return
    values = measured(profile, sample_type)
    earlier = None if before is None else measured(before, values.type.type)
    if flame is not None:
        title = f"{kind} of {name}" + (f" since {old}" if earlier else "")
        text = await asyncio.to_thread(flame_graph, values, title, flame.suffix, earlier)
        await asyncio.to_thread(write_whole, flame, text.encode())
        note(f"{flame}: the flame graph of {values.type.type}")
    if earlier is not None:
        values = difference(values, earlier)
    if path != "-" and count:
        _show(profile, values, count, everything=everything)


def _no_stacks(buffer: bytes, kind: str, given: Mapping[str, Path | None]) -> None:
    """What is to say of an answer without stacks. Raises InvalidArgument where an option needs some."""
    for text in trace_notes(buffer):
        note(text)
    for option, path in given.items():
        if path is not None:
            raise InvalidArgument(option, str(path), f"what {kind} answers is no profile of stacks")


def _parameters(texts: tuple[str, ...], seconds: float | None) -> dict[str, str]:
    """The parameters by name, ``seconds`` among them. Raises InvalidArgument."""
    found: dict[str, str] = {} if seconds is None else {"seconds": f"{seconds:g}"}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InvalidArgument("parameter", text, "must be KEY=VALUE")
        if key == "profile":
            raise InvalidArgument("parameter", text, "the kind is named before the parameters")
        if key in found:
            raise InvalidArgument("parameter", text, f"{key} is given twice")
        found[key] = value
    if "seconds" in found:
        parse_number("seconds" if seconds is None else "--seconds", found["seconds"], _SHORTEST, _LONGEST)
    return found


def _before(path: Path, sample_type: str) -> Profile:
    """The profile in the file ``path``. Raises InvalidArgument for what is none, and for one of other values."""
    profile = read_profile(path.read_bytes())
    if profile is None:
        raise InvalidArgument("--diff", str(path), "not a profile of stacks")
    measured(profile, sample_type)
    return profile


def _suffix(buffer: bytes) -> str:
    """What the content is: a gzipped pprof profile, a trace in JSON or of Go, or text."""
    if buffer.startswith(GZIP):
        return ".pb.gz"
    if buffer.startswith(b"go 1."):
        return ".trace"
    return ".json" if buffer.lstrip().startswith((b"{", b"[")) else ".txt"


def _show(profile: Profile, values: Measured, count: int, *, everything: bool) -> None:
    for comment in profile.comments:
        note(comment)
    note(f"{values.type.type}: {values.text(values.total)} in all")
    rows = [
        (*_quantity(values, each.flat), *_quantity(values, each.cumulative), each.name, each.place)
        for each in values.hottest(count, everything=everything)
    ]
    own = 0 if everything else values.own
    if own:
        note(f"{values.text(own)} ({values.share(own)}) in functions of corvo_agent itself: --all shows them")
    print_table(("FLAT", "FLAT%", "CUM", "CUM%", "FUNCTION", "PLACE"), rows)


def _quantity(values: Measured, value: int) -> tuple[str, str]:
    return values.text(value), values.share(value)
