"""``corvo top``: what a module costs, and where its time goes, while it happens."""

from __future__ import annotations

import sys

import click

from ...live.monitor import Monitor
from ...live.view import print_seen, render
from ...running import asynchronous
from ...settings.duration import Duration
from ...settings.where import Where
from ...where.complete import modules
from ...where.connect import open_agent
from ...where.options import agent_options

# Seconds; looking more often would cost the module more than it shows.
_SHORTEST = 0.1


@click.command("top", short_help="Watch what a module costs and where its time goes.")
@click.argument("name", shell_complete=modules)
@click.option(
    "--interval",
    type=Duration(_SHORTEST),
    default="2s",
    show_default=True,
    metavar="DURATION",
    help="Time between looks.",
)
@click.option("-n", "looks", type=click.IntRange(1), metavar="N", help="End after so many looks.")
@click.option("--once", is_flag=True, help="Look once and end.")
@click.option("--no-profile", is_flag=True, help="Do not profile: leave the functions out.")
@agent_options
@asynchronous
async def command(name: str, interval: float, looks: int | None, once: bool, no_profile: bool, where: Where) -> None:
    """Watch the module NAME: cpu, memory, lag of its event loop, tasks, and the functions that are hottest now.

    An agent that goes away is waited for. In a pipe each look is printed as tab-separated lines, with an empty line
    behind it. Ctrl-C ends it.

    \b
    corvo top node1-pen-npm
    corvo top node1-pen-npm --interval 0.5 --no-profile
    corvo top node1-pen-npm --once
    """
    monitor = Monitor(lambda: open_agent(where, name), interval, profiling=not no_profile)
    most = 1 if once else looks
    # A single look shows the functions too, which take an interval to be found.
    if once or not sys.stdout.isatty():
        await _print(monitor, most, with_functions=not no_profile)
    else:
        await _show(monitor, most, name)


async def _print(monitor: Monitor, most: int | None, *, with_functions: bool) -> None:
    printed = last = 0
    async with monitor:
        while most is None or printed < most:
            seen = await monitor.changed()
            found = not with_functions or seen.hot is not None or seen.unprofiled
            if seen.problem or (seen.looks > last and found):
                print_seen(seen)
                click.echo()
                sys.stdout.flush()
                printed, last = printed + 1, seen.looks


async def _show(monitor: Monitor, most: int | None, name: str) -> None:
    from rich.console import Console
    from rich.live import Live

    console = Console()
    with Live(console=console, screen=True, auto_refresh=False) as live:
        async with monitor:
            while most is None or monitor.seen.looks < most:
                live.update(render(await monitor.changed(), name, console.height), refresh=True)
    # The screen is gone; what was seen last is what people wanted to keep.
    console.print(render(monitor.seen, name, console.height))
