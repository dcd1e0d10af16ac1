"""``corvo blocked``: who holds the event loop of a module, and what its tasks wait for."""

from __future__ import annotations

import asyncio

import click

from ....errors import Unsupported
from ...help import HelpCommand
from ...profiles.taking import read_profile, with_progress
from ...profiles.waits import waits_json, waits_lines, waits_of
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import note, output_option, print_json, visible
from ...where.complete import modules
from ...where.connect import open_agent
from ...where.options import agent_options


@click.command("blocked", cls=HelpCommand, short_help="Show who holds the event loop of a module.")
@click.argument("name", shell_complete=modules)
@click.option("--seconds", type=float, help="How long to watch; 5, or since enable-trace was set, unless given.")
@click.option("--top", "count", type=click.IntRange(1), default=5, show_default=True, help="Places to show.")
@click.option("--frames", type=click.IntRange(1), default=8, show_default=True, help="Frames to show of each stack.")
@output_option("text", "json", default="text")
@agent_options
@asynchronous
async def command(name: str, seconds: float | None, count: int, frames: int, output: str, where: Where) -> None:
    """Watch the event loops of the module NAME for some seconds and show what kept them from turning, by task and line,
    and then where tasks waited for locks, queues and events. The innermost frame is the first.

    \b
    corvo blocked node1-pen-npm
    corvo blocked node1-pen-npm --seconds 20 --top 10 --frames 20
    """
    async with open_agent(where, name) as client:
        buffer = await with_progress(client.profile("block", seconds), seconds, f"what blocks {name}")
    profile = await asyncio.to_thread(read_profile, buffer)
    if profile is None:
        raise Unsupported("blocked", f"what {name} answers to the profile block is no pprof profile")
    waits = waits_of(profile)
    if output == "json":
        print_json(waits_json(waits))
        return
    for comment in profile.comments:
        note(comment)
    for line in waits_lines(waits, count, frames):
        click.echo(visible(line))
