"""``corvo ls``: the modules at a glance."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from ....errors import NotFound
from ...backends.protocol import Backend
from ...help import HelpCommand
from ...modules.choices import ORDERS, RECENTLY
from ...running import asynchronous
from ...settings.duration import Duration
from ...settings.where import Where
from ...show.output import note, print_json, print_table, yaml_text
from ...where.chosen import Chosen, choose_modules
from ...where.connect import open_backend
from ...where.options import module_options

if TYPE_CHECKING:
    from ....overview.overview import Overview

# Modules that are asked for their errors unless that is wanted of more.
_ASKED = 200
_FORMATS = ("table", "text", "wide", "json", "yaml", "name")


@click.command("ls", cls=HelpCommand, short_help="Show the modules at a glance.")
@choose_modules("[NAME]...", optional=True)
@click.option("--since", default=RECENTLY, show_default=True, metavar="DURATION|TIME", help="Count errors since then.")
@click.option("--errors/--no-errors", "count", default=None, help=f"Ask agents; up to {_ASKED} unless told.")
@click.option("--sort", type=click.Choice(ORDERS), default="name", show_default=True, help="What comes first.")
@click.option("--watch", is_flag=True, help="Go on, every --interval.")
@click.option(
    "--interval", type=Duration(0.2), default="5s", show_default=True, metavar="DURATION", help="See --watch."
)
@click.option("-o", "--output", type=click.Choice(_FORMATS), help="Form; a table on a terminal, else text.")
@module_options
@asynchronous
async def command(
    chosen: Chosen,
    since: str,
    count: bool | None,
    sort: str,
    watch: bool,
    interval: float,
    output: str | None,
    where: Where,
) -> None:
    """Show all modules, those named, or those that selectors choose: whether each is alive, since when, the level that
    is wanted and the one in force where that is another, the errors that it has logged, its restarts, and its
    processes where one of them has several. AGE counts from when its process began, as ps has it.

    \b
    corvo ls
    corvo ls -l team=network --sort errors
    corvo ls mail 'node1-*' -o wide
    corvo ls --watch
    """
    import asyncio

    async with open_backend(where) as backend:
        while True:
            found = await _overviews(backend, chosen, since, count)
            _show(found, sort, output)
            if not watch:
                return
            click.echo()
            await asyncio.sleep(interval)


async def _overviews(backend: Backend, chosen: Chosen, since: str, count: bool | None) -> list[Overview]:
    # Late, as below: --help does not need it.
    from ...modules.overview import overviews

    if chosen.words:
        names = set(await chosen.names(backend))
        levels = [each for each in await backend.modules.levels() if each.module.name in names]
        missing = sorted(names - {each.module.name for each in levels})
        if missing:
            raise NotFound("module", ", ".join(missing))
    else:
        levels = list(await backend.modules.levels(chosen.selector))
    asked = len(levels) <= _ASKED if count is None else count
    if not asked and count is None:
        note(f"errors of {len(levels)} modules are not counted: --errors asks all of them")
    return await overviews(backend, levels, since, count=asked)


def _show(found: list[Overview], sort: str, output: str | None) -> None:
    from ...modules.overview import columns, notes, sort_key

    now = time.time_ns()
    found.sort(key=sort_key(sort, now))
    value = [each.as_json(now) for each in found]
    for each in found:
        for text in notes(each):
            note(f"{each.name}: {text}")
    if output == "json":
        print_json(value)
    elif output == "yaml":
        click.echo(yaml_text(value), nl=False)
    elif output == "name":
        for each in found:
            click.echo(each.name)
    else:
        drawn = None if output in (None, "wide") else output == "table"
        print_table(*columns(found, now, more=output == "wide"), drawn=drawn)
