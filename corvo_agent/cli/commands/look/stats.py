"""``corvo stats``: what a module publishes of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
import orjson

from ....errors import InvalidArgument, NotFound
from ...asking import ask_agents, tell
from ...help import HelpCommand
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import format_option, print_result
from ...where.chosen import Chosen, choose_modules
from ...where.complete import variables
from ...where.connect import open_backend
from ...where.options import agent_options
from ...where.worker import worker_option

if TYPE_CHECKING:
    from ....diagnostics.client.typed_client import TypedClient


@click.command("stats", cls=HelpCommand, short_help="Show or clear published variables of modules.")
@choose_modules("NAME... [VARIABLE]", behind=True, complete=variables)
@click.option("--clear", is_flag=True, help="Empty the counters of debug stats.")
@worker_option
@format_option
@agent_options
@asynchronous
async def command(chosen: Chosen, clear: bool, worker: str, output: str | None, where: Where) -> int:
    """Show the published variables of the modules NAME..., or VARIABLE alone: a last word that names no module.

    \b
    corvo stats node1-pen-npm                   everything
    corvo stats node1-pen-npm cpustats          one variable
    corvo stats node1-pen-npm cpustats -o json  for programs
    corvo stats node1-pen-npm --worker 3        of one of its processes
    corvo stats node1-pen-npm --clear           empty the counters
    corvo stats mail 'web-*' cpustats           of several modules
    corvo stats -A cpustats
    """
    async with open_backend(where) as backend:
        asked, variable = await chosen.without_last(backend)
        if variable == "":
            raise InvalidArgument("VARIABLE", variable, "is empty: leave it out, or name one")

        async def ask(client: TypedClient, name: str) -> dict[str, Any]:
            client.worker = worker
            found = await client.stats(variable, "clear" if clear else "get")
            if variable is not None and not (found or clear):
                raise NotFound("variable", variable, f"corvo stats {name} lists them")
            return found

        several = asked.several
        found, code = await ask_agents(backend, await asked.names(backend), ask, "stats", several=several)
    if clear:
        for name in found:
            tell(f"counters of {name} are cleared", name, several=False)
        return code
    shown = {name: values if variable is None else values[variable] for name, values in found.items()}
    rows = [(name, *row) for name, values in found.items() for row in _all_rows(values)]
    if several:
        print_result(output, shown, ("MODULE", "VARIABLE", "VALUE"), rows)
    else:
        print_result(output, next(iter(shown.values())), ("VARIABLE", "VALUE"), [row[1:] for row in rows])
    return code


def _all_rows(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in sorted(values):
        yield from _rows(key, values[key])


def _rows(name: str, value: Any) -> list[tuple[str, str]]:
    """A row for each leaf that people can read; what lies deeper stays JSON."""
    if not isinstance(value, dict):
        return [(name, _text(value))]
    return [(f"{name}.{key}", _text(item)) for key, item in value.items()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
