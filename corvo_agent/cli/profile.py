"""``corvo profile``: take a profile of a module and put it into a file."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from ..errors import InvalidArgument
from .complete import kinds, modules
from .output import note
from .running import asynchronous
from .target import Target, open_agent
from .target_options import agent_options


@click.command("profile", short_help="Take a profile of a module.")
@click.argument("name", shell_complete=modules)
@click.argument("kind", shell_complete=kinds)
@click.option("--seconds", type=float, help="How long to measure, where time matters.")
@click.option("-o", "path", metavar="FILE", help="Where to put it, NAME-KIND.pb.gz unless given; - is stdout.")
@agent_options
@asynchronous
async def command(name: str, kind: str, seconds: float | None, path: str | None, target: Target) -> None:
    """Take a profile of the module NAME: profile (CPU), goroutine, heap, cmdline and what else its agent has.

    \b
    corvo profile node1-pen-npm profile --seconds 20     then: go tool pprof node1-pen-npm-profile.pb.gz
    corvo profile node1-pen-npm goroutine -o threads.pb.gz
    corvo profile node1-pen-npm cmdline -o -
    """
    if seconds is not None and not seconds > 0:
        raise InvalidArgument("--seconds", seconds, "must be greater than 0")
    async with open_agent(target, name) as client:
        work = asyncio.ensure_future(client.profile(kind, seconds))
        try:
            if seconds and sys.stderr.isatty():
                await _progress(work, seconds, f"{kind} of {name}")
            buffer = await work
        finally:
            work.cancel()
    if path == "-":
        sys.stdout.buffer.write(buffer)
        return
    file = Path(path or f"{name}-{kind}{_suffix(buffer)}")
    await asyncio.to_thread(file.write_bytes, buffer)
    note(f"{file}: {len(buffer)} bytes")


def _suffix(buffer: bytes) -> str:
    """What the content is: a gzipped pprof profile, a trace in JSON, or text."""
    if buffer.startswith(b"\x1f\x8b"):
        return ".pb.gz"
    return ".json" if buffer.lstrip().startswith((b"{", b"[")) else ".txt"


async def _progress(work: asyncio.Future[bytes], seconds: float, text: str) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(text, total=seconds)
        while not work.done():
            await asyncio.wait({work}, timeout=0.1)
            progress.advance(bar, 0.1)
