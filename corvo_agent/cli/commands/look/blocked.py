"""``corvo blocked``: who holds the event loop of a module, and what its tasks wait for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from ....errors import Unsupported
from ....profiles.pprof.model import Profile
from ....profiles.stacks.own import shown_comments
from ...asking import ask_chosen, heading, tell
from ...help import HelpCommand
from ...profiles.taking import read_profile, with_progress
from ...profiles.waits import waits_json, waits_lines, waits_of
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import output_option, print_json, visible
from ...where.chosen import Chosen, choose_modules
from ...where.options import agent_options

if TYPE_CHECKING:
    from ....diagnostics.client.typed_client import TypedClient


@click.command("blocked", cls=HelpCommand, short_help="Show who holds the event loop of a module.")
@choose_modules()
@click.option("--seconds", type=float, help="How long to watch; 5, or since enable-trace was set, unless given.")
@click.option("--top", "count", type=click.IntRange(1), default=5, show_default=True, help="Places to show.")
@click.option("--frames", type=click.IntRange(1), default=8, show_default=True, help="Frames to show of each stack.")
@output_option("text", "json", default="text")
@agent_options
@asynchronous
async def command(chosen: Chosen, seconds: float | None, count: int, frames: int, output: str, where: Where) -> int:
    """Watch the event loops of the modules NAME... for some seconds and show what kept them from turning, by task and
    line, and then where tasks waited for locks, queues and events. The innermost frame is the first.

    \b
    corvo blocked node1-pen-npm
    corvo blocked node1-pen-npm --seconds 20 --top 10 --frames 20
    """
    several = chosen.several

    async def ask(client: TypedClient, name: str) -> Profile:
        taking = client.profile("block", seconds)
        buffer = await with_progress(taking, seconds, f"what blocks {name}", alone=not several)
        profile = await asyncio.to_thread(read_profile, buffer)
        if profile is None:
            raise Unsupported("blocked", f"what {name} answers to the profile block is no pprof profile")
        return profile

    found, code = await ask_chosen(where, chosen, ask, "blocked")
    if output == "json":
        shown = {name: waits_json(waits_of(profile)) for name, profile in found.items()}
        print_json(shown if several else next(iter(shown.values())))
        return code
    for place, (name, profile) in enumerate(found.items()):
        heading(name, several=several, first=not place)
        for comment in shown_comments(profile):
            tell(comment, name, several=several)
        for line in waits_lines(waits_of(profile), count, frames):
            click.echo(visible(line))
    return code
