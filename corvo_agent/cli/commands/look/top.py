"""``corvo top``: what modules cost, and where their time goes, while it happens."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from ...backends.protocol import Backend
from ...help import HelpCommand
from ...live.fleet import HEADERS, ORDERS, Fleet
from ...live.keys import Keys, keys_of_terminal
from ...live.monitor import Monitor
from ...live.view import print_seen, render, render_fleet
from ...running import asynchronous
from ...settings.duration import Duration
from ...settings.where import Where
from ...show.output import print_table
from ...where.chosen import Chosen, choose_modules
from ...where.connect import open_agent, open_backend
from ...where.options import agent_options

if TYPE_CHECKING:
    from rich.console import RenderableType

    # Draws in an order, for so many lines, paused or not.
    _Draw: TypeAlias = Callable[[int, int, bool], RenderableType]

# Seconds; looking more often would cost the module more than it shows.
_SHORTEST = 0.1


@click.command("top", cls=HelpCommand, short_help="Watch what modules cost and where their time goes.")
@choose_modules()
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
async def command(
    chosen: Chosen,
    interval: float,
    looks: int | None,
    once: bool,
    no_profile: bool,
    where: Where,
) -> None:
    """Watch the module NAME: cpu, memory, lag of its event loop, tasks, and the functions that are hottest now. Several
    modules, by name, pattern or selector, have a row each.

    An agent that goes away is waited for. In a pipe each look is printed as tab-separated lines, with an empty line
    behind it. On a terminal q ends it, p pauses it, s sorts by something else; so does Ctrl-C.

    \b
    corvo top node1-pen-npm
    corvo top node1-pen-npm --interval 0.5 --no-profile
    corvo top -l team=network
    corvo top node1-pen-npm --once
    """
    most = 1 if once else looks
    if not chosen.several:
        (name,) = chosen.words
        monitor = Monitor(lambda: open_agent(where, name), interval, profiling=not no_profile)
        # A single look shows the functions too, which take an interval to be found.
        if once or not sys.stdout.isatty():
            await _print(monitor, most, with_functions=not no_profile)
        else:
            await _show(monitor, most, 2, partial(_drawn, monitor, name))
        return
    async with open_backend(where) as backend:
        fleet = Fleet({name: _monitor(backend, name, interval) for name in await chosen.names(backend)})
        if once or not sys.stdout.isatty():
            await _print_fleet(fleet, most)
        else:
            await _show(fleet, most, len(ORDERS), partial(_drawn_fleet, fleet))


def _monitor(backend: Backend, name: str, interval: float) -> Monitor:
    return Monitor(lambda: backend.agent(name), interval, profiling=False)


def _drawn(monitor: Monitor, name: str, order: int, lines: int, paused: bool) -> RenderableType:
    return render(monitor.seen, name, lines, by_cumulative=order == 1, paused=paused)


def _drawn_fleet(fleet: Fleet, order: int, lines: int, paused: bool) -> RenderableType:
    return render_fleet(fleet.rows(ORDERS[order]), ORDERS[order], lines, paused=paused)


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


async def _print_fleet(fleet: Fleet, most: int | None) -> None:
    printed = 0
    async with fleet:
        while most is None or printed < most:
            await fleet.changed()
            if fleet.looks > printed:
                print_table(HEADERS, fleet.rows(ORDERS[0]), drawn=False)
                click.echo()
                sys.stdout.flush()
                printed = fleet.looks


async def _show(followed: Monitor | Fleet, most: int | None, orders: int, draw: _Draw) -> None:
    """Show what is ``followed`` as ``draw`` draws it, in one of so many ``orders``, and hear the keys."""
    from rich.console import Console
    from rich.live import Live

    console, order, paused = Console(), 0, False
    async with followed:
        # Inside: the terminal is as it was before anything is waited for, since a second Ctrl-C cleans nothing up.
        with Live(console=console, screen=True, auto_refresh=False) as live, keys_of_terminal() as keys:
            while most is None or followed.looks < most:
                came = await _either(followed.changed(), keys)
                while key := keys.take():
                    if key == "q":
                        most = 0
                    order = (order + (key == "s")) % orders
                    paused ^= key == "p"
                if not (paused and came):
                    live.update(draw(order, console.height, paused), refresh=True)
    # The screen is gone; what was seen last is what people wanted to keep.
    console.print(draw(order, console.height, False))


async def _either(changed: Coroutine[Any, Any, object], keys: Keys) -> bool:
    """Wait for a change or a key stroke; whether it was a change. Raises what ``changed`` raises."""
    waiting = asyncio.ensure_future(changed), asyncio.ensure_future(keys.pressed())
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if waiting[0].done():
            await waiting[0]
        return waiting[0].done()
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
