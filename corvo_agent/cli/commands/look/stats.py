"""``corvo stats``: what a module publishes of itself."""

from __future__ import annotations

from typing import Any

import click
import orjson

from ....errors import NotFound
from ...help import HelpCommand
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import format_option, note, print_result
from ...where.complete import modules, variables
from ...where.connect import open_agent
from ...where.options import agent_options
from ...where.worker import worker_option


@click.command("stats", cls=HelpCommand, short_help="Show or clear published variables of a module.")
@click.argument("name", shell_complete=modules)
@click.argument("variable", required=False, shell_complete=variables)
@click.option("--clear", is_flag=True, help="Empty the counters of debug stats.")
@worker_option
@format_option
@agent_options
@asynchronous
async def command(name: str, variable: str | None, clear: bool, worker: str, output: str | None, where: Where) -> None:
    """Show the published variables of the module NAME, or VARIABLE alone.

    \b
    corvo stats node1-pen-npm                   everything
    corvo stats node1-pen-npm cpustats          one variable
    corvo stats node1-pen-npm cpustats -o json  for programs
    corvo stats node1-pen-npm --worker 3        of one of its processes
    corvo stats node1-pen-npm --clear           empty the counters
    """
    async with open_agent(where, name) as client:
        client.worker = worker
        found = await client.stats(variable, "clear" if clear else "get")
    if clear:
        note(f"counters of {name} are cleared")
        return
    if variable is not None and not found:
        raise NotFound("variable", variable, f"corvo stats {name} lists them")
    shown = found if variable is None else found[variable]
    rows = [row for key in sorted(found) for row in _rows(key, found[key])]
    print_result(output, shown, ("VARIABLE", "VALUE"), rows)


def _rows(name: str, value: Any) -> list[tuple[str, str]]:
    """A row for each leaf that people can read; what lies deeper stays JSON."""
    if not isinstance(value, dict):
        return [(name, _text(value))]
    return [(f"{name}.{key}", _text(item)) for key, item in value.items()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
