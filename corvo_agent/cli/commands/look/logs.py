"""``corvo logs``: the newest lines of modules, and those that come."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import click

from ....errors import CorvoError
from ....logs.lines.merge import merge
from ....modules.access import Selector
from ....timestamps import parse_duration
from ...backends.protocol import Backend
from ...failures import Failures
from ...logs.follower import ModuleFollower, follow_all
from ...logs.lines import Line
from ...logs.options import parameters_of, query_options
from ...logs.reorder_buffer import DEFAULT_SPAN, ReorderBuffer
from ...logs.selection import SelectionFollower
from ...many import for_each, selected
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import output_option
from ...where.complete import modules
from ...where.connect import open_backend
from ...where.options import agent_options
from ...where.selectors import selector_of, selector_options


@click.command("logs", short_help="Show log lines of modules.")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=modules)
@selector_options
@click.option("-f", "--follow", is_flag=True, help="Go on with lines as they come, until Ctrl-C.")
@click.option(
    "--window",
    default=f"{DEFAULT_SPAN}s",
    show_default=True,
    metavar="DURATION",
    help="With -f, how long a line waits for earlier ones of other modules.",
)
@query_options
@output_option("text", "json", "yaml", default="text")
@agent_options
@asynchronous
async def command(
    names: tuple[str, ...],
    labels: str,
    fields: str,
    follow: bool,
    window: str,
    output: str,
    where: Where,
    **asked: object,
) -> int:
    """Show the newest log lines of the modules NAME..., or of those that selectors choose, merged by time.

    Several modules have their name in front. A module that cannot be asked is told on stderr, the others are shown
    all the same. With -f, an agent that is lost is looked for again, and with a selector also modules that appear
    later are followed; lines come in the order of their times as far as --window allows.

    \b
    corvo logs node1-pen-npm -n 50
    corvo logs node1-pen-npm --level Error --since 1h
    corvo logs node1-pen-npm node2-pen-npm -f --grep 'timeout|refused'
    corvo logs -l team=network -f --level Warn
    corvo logs node1-pen-npm --field submodule=elastic-client -o json | jq .msg
    """
    unique = tuple(dict.fromkeys(names))
    selector = selector_of(labels, fields, " ".join(unique))
    if not unique and not (labels or fields):
        raise click.UsageError("name modules, or select them with -l or --field-selector")
    parameters, span = parameters_of(asked), parse_duration(window, "--window") / 1e9
    failures = Failures(named=len(unique) != 1)
    line = Line(output, named=len(unique) != 1, colour=sys.stdout.isatty())
    async with open_backend(where) as backend:
        if not follow:
            chosen = unique or await selected(backend.modules, selector)
            await _newest(backend, chosen, parameters, failures, line)
        elif len(unique) == 1:
            await _follow_one(backend, unique[0], parameters, failures, line)
        else:
            ordered = ReorderBuffer(line.show, span=span)
            if unique:
                following = _follow_named(backend, unique, parameters, failures, ordered)
            else:
                following = _follow_selected(backend, selector, parameters, failures, ordered)
            await _in_order(ordered, following)
    return failures.code


async def _newest(
    backend: Backend, names: Sequence[str], parameters: Mapping[str, str], failures: Failures, line: Line
) -> None:
    async def ask(name: str) -> list[dict[str, str]]:
        async with backend.agent(name) as client:
            return await client.logs(parameters)

    for name, record in merge(await for_each(names, ask, failures, "logs")):
        line.show(name, record)


async def _follow_one(
    backend: Backend, name: str, parameters: Mapping[str, str], failures: Failures, line: Line
) -> None:
    await follow_all({name: ModuleFollower(backend, name, parameters, line.show_all)}, failures.add)


async def _follow_named(
    backend: Backend, names: Sequence[str], parameters: Mapping[str, str], failures: Failures, buffer: ReorderBuffer
) -> None:
    def fail(name: str, error: CorvoError) -> None:
        buffer.add(name, [])
        failures.add(name, error)

    for name in names:
        buffer.expect(name)
    await follow_all({name: ModuleFollower(backend, name, parameters, buffer.add) for name in names}, fail)


async def _follow_selected(
    backend: Backend, selector: Selector, parameters: Mapping[str, str], failures: Failures, buffer: ReorderBuffer
) -> None:
    def make(name: str) -> ModuleFollower:
        buffer.expect(name)
        return ModuleFollower(backend, name, parameters, buffer.add, patient=True)

    await SelectionFollower(backend.modules, selector, make, failures.add).run()


async def _in_order(buffer: ReorderBuffer, following: Coroutine[Any, Any, None]) -> None:
    """Show what ``following`` adds to ``buffer`` until it ends, or until its reader is gone."""
    try:
        async with asyncio.TaskGroup() as tasks:
            shower = tasks.create_task(buffer.run(), name="corvo-log-order")
            await following
            shower.cancel()
    finally:
        buffer.flush()
