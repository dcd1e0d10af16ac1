"""``corvo errors``: which errors modules log, and how often."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ....errors import CorvoError
from ...backends.protocol import Backend
from ...failures import Failures
from ...help import HelpCommand
from ...many import for_each
from ...running import asynchronous
from ...settings.where import Where
from ...show.colour import wants_colour
from ...show.output import format_option, note, print_json, print_table, yaml_text
from ...where.chosen import Chosen, choose_modules
from ...where.connect import open_backend
from ...where.options import agent_options

if TYPE_CHECKING:
    from ...logs.error_report import ModuleErrors


@click.command("errors", cls=HelpCommand, short_help="Count the errors of modules by kind.")
@choose_modules("[NAME]...", optional=True)
@click.option("--since", default="10m", show_default=True, metavar="DURATION|TIME", help="Count errors since then.")
@format_option
@agent_options
@asynchronous
async def command(chosen: Chosen, since: str, output: str | None, where: Where) -> int:
    """Count what modules have logged as errors, by kind: the exception, the place that raised it, and the message with
    numbers and ids as marks. All modules, those named, or those that selectors choose; the newest line of each kind.

    \b
    corvo errors                      who logs errors, the worst first
    corvo errors mail --since 1h
    corvo errors -l team=network -o json
    """
    # Late, as below: --help does not need it.
    from ....logs.errors.groups import error_parameters
    from ...logs.moments import moment

    parameters, failures = error_parameters(moment(since, "--since")), Failures(named=True)
    async with open_backend(where) as backend:
        if not (chosen.words or backend.has_modules):
            raise click.UsageError("name the module of the agent at --address")
        names = await chosen.names(backend)
        found = await _asked(backend, names, parameters, failures, named=bool(chosen.words))
    found.sort(key=lambda each: (-each.count, each.name))
    for each in found:
        for text in each.found.remarks if each.found else (each.unknown,):
            note(f"{each.name}: {text}")
    _show(found, since, output)
    return failures.code


async def _asked(
    backend: Backend, names: Sequence[str], parameters: dict[str, str], failures: Failures, *, named: bool
) -> list[ModuleErrors]:
    """What each module's agent answers. One that was ``named`` and cannot be asked is a failure, else it is unknown."""
    import asyncio

    from ....logs.errors.groups import group_errors
    from ...logs.error_report import ModuleErrors

    async def ask(name: str) -> ModuleErrors:
        try:
            async with backend.agent(name) as client:
                records = await client.logs(parameters)
        except CorvoError as error:
            if named:
                raise
            return ModuleErrors(name, unknown=str(error))
        # Thousands of lines, traces and all, are a quarter of a second of work.
        return ModuleErrors(name, await asyncio.to_thread(group_errors, records))

    return list((await for_each(names, ask, failures, "errors")).values())


def _show(found: Sequence[ModuleErrors], since: str, output: str | None) -> None:
    from ...logs.error_report import HEADERS, report

    if output in ("json", "yaml"):
        value = [each.as_json(since) for each in found]
        if output == "json":
            print_json(value)
        else:
            click.echo(yaml_text(value), nl=False)
    elif output == "table" or (output is None and sys.stdout.isatty()):
        colour = wants_colour(sys.stdout)
        for line in report(found, since, colour=colour):
            click.echo(line, color=colour)
    else:
        print_table(HEADERS, [row for each in found for row in each.rows()], drawn=False)
