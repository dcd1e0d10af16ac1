"""``corvo profile``: take a profile of a module, put it into a file, and show what it says first."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from ....errors import DecodeError, InvalidArgument
from ....profiles.pprof.model import Profile
from ...profiles.flame import check_flame, flame_graph
from ...profiles.hot_functions import Measured, measured
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import note, print_table
from ...where.complete import kinds, modules
from ...where.connect import open_agent
from ...where.options import agent_options

# Seconds after which a progress bar appears.
_SHORT = 0.4
_GZIP = b"\x1f\x8b"


@click.command("profile", short_help="Take a profile of a module.")
@click.argument("name", shell_complete=modules)
@click.argument("kind", shell_complete=kinds)
@click.option("--seconds", type=float, help="How long to measure, where time matters.")
@click.option("-o", "path", metavar="FILE", help="Where to put it, NAME-KIND.pb.gz unless given; - is stdout.")
@click.option("--flame", "flame", type=click.Path(path_type=Path), metavar="FILE", help="A flame graph: .svg or .html.")
@click.option("--top", "count", type=click.IntRange(0), default=10, show_default=True, help="Functions to show.")
@click.option("--sample-type", default="", metavar="TYPE", help="What to show, such as inuse_space or alloc_objects.")
@agent_options
@asynchronous
async def command(
    name: str,
    kind: str,
    seconds: float | None,
    path: str | None,
    flame: Path | None,
    count: int,
    sample_type: str,
    where: Where,
) -> None:
    """Take a profile of the module NAME: profile (CPU), goroutine, heap, cmdline and what else its agent has.

    It goes into a file for go tool pprof and other readers; the functions that it spends most in are shown. FLAT is
    what was spent in a function itself, CUM what in it and in all that it called, PLACE the line in it that took most.

    \b
    corvo profile node1-pen-npm profile --seconds 20     then: go tool pprof node1-pen-npm-profile.pb.gz
    corvo profile node1-pen-npm profile --seconds 20 --flame cpu.svg
    corvo profile node1-pen-npm heap --sample-type inuse_space -o heap.pb.gz
    corvo profile node1-pen-npm cmdline -o -
    """
    if seconds is not None and not seconds > 0:
        raise InvalidArgument("--seconds", seconds, "must be greater than 0")
    if flame is not None:
        check_flame(flame)
    async with open_agent(where, name) as client:
        buffer = await _watched(client.profile(kind, seconds), seconds, f"{kind} of {name}")
    if path == "-":
        sys.stdout.buffer.write(buffer)
    else:
        file = Path(path or f"{name}-{kind}{_suffix(buffer)}")
        await asyncio.to_thread(file.write_bytes, buffer)
        note(f"{file}: {len(buffer)} bytes")
    profile = await asyncio.to_thread(_read, buffer)
    if profile is None:
        if flame is not None:
            raise InvalidArgument("--flame", str(flame), f"what {kind} answers is no profile of stacks")
        return
    values = measured(profile, sample_type)
    if flame is not None:
        text = await asyncio.to_thread(flame_graph, values, f"{kind} of {name}", flame.suffix)
        await asyncio.to_thread(flame.write_text, text, "utf-8")
        note(f"{flame}: the flame graph of {values.type.type}")
    if path != "-" and count:
        _show(profile, values, count)


def _suffix(buffer: bytes) -> str:
    """What the content is: a gzipped pprof profile, a trace in JSON or of Go, or text."""
    if buffer.startswith(_GZIP):
        return ".pb.gz"
    if buffer.startswith(b"go 1."):
        return ".trace"
    return ".json" if buffer.lstrip().startswith((b"{", b"[")) else ".txt"


def _read(buffer: bytes) -> Profile | None:
    # Late: --help does not need it.
    from ....profiles.pprof.reader import decode

    try:
        return decode(buffer) if buffer.startswith(_GZIP) else None
    except DecodeError as error:
        note(f"its functions cannot be shown: {error}")
        return None


def _show(profile: Profile, values: Measured, count: int) -> None:
    for comment in profile.comments:
        note(comment)
    note(f"{values.type.type}: {values.text(values.total)} in all")
    rows = [
        (*_quantity(values, each.flat), *_quantity(values, each.cumulative), each.name, each.place)
        for each in values.hottest(count)
    ]
    print_table(("FLAT", "FLAT%", "CUM", "CUM%", "FUNCTION", "PLACE"), rows)


def _quantity(values: Measured, value: int) -> tuple[str, str]:
    return values.text(value), values.share(value)


async def _watched(asked: Coroutine[Any, Any, bytes], seconds: float | None, text: str) -> bytes:
    """The answer; meanwhile a terminal sees how far it is."""
    work = asyncio.ensure_future(asked)
    try:
        if sys.stderr.isatty():
            await asyncio.wait({work}, timeout=_SHORT)
            if not work.done():
                await _progress(work, seconds, text)
        return await work
    finally:
        work.cancel()
        # Waited for here: the connection that closes next would make it fail with an error that hides the first one.
        await asyncio.gather(work, return_exceptions=True)


async def _progress(work: asyncio.Future[bytes], seconds: float | None, text: str) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(text, total=seconds, state="")
        loop = asyncio.get_running_loop()
        began = loop.time() - _SHORT
        while not work.done():
            lasted = loop.time() - began
            if seconds is None:
                state = f"{lasted:.0f} s"
            else:
                state = f"{seconds - lasted:.0f} s left" if lasted < seconds else "waiting for the answer"
            progress.update(bar, completed=lasted, state=state)
            await asyncio.wait({work}, timeout=0.1)
