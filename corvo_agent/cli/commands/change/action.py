"""``corvo action``: run something that a module offers."""

from __future__ import annotations

import sys

import click

from ....diagnostics.query import Payload
from ....errors import InvalidArgument
from ...help import HelpCommand
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import note, visible
from ...where.complete import modules
from ...where.connect import open_agent
from ...where.options import agent_options
from ...where.worker import worker_option


@click.command("action", cls=HelpCommand, short_help="Run an action of a module.")
@click.argument("name", shell_complete=modules)
@click.argument("action")
@click.argument("parameters", nargs=-1, metavar="[KEY=VALUE]...")
@worker_option
@agent_options
@asynchronous
async def command(name: str, action: str, parameters: tuple[str, ...], worker: str, where: Where) -> None:
    """Run ACTION of the module NAME, with parameters, and print what it answers. In one module at a time: nothing knows
    what an action does, and one run in too many cannot be taken back.

    \b
    corvo action node1-pen-npm list-objects kind=Network
    corvo action node1-pen-npm drop-cache --worker all
    """
    asked = dict(_pair(text) for text in parameters)
    async with open_agent(where, name) as client:
        client.worker = worker
        answer = await client.run_action(action, asked | client.chosen_worker())
    _print(answer)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise InvalidArgument("parameter", text, "must be KEY=VALUE")
    if key == "action":
        raise InvalidArgument("parameter", text, "the action is named before the parameters")
    return key, value


def _print(answer: str | Payload) -> None:
    if isinstance(answer, str):
        click.echo(visible(answer, "\t\n"))
        return
    if sys.stdout.isatty():
        note(f"{len(answer.value)} bytes of {answer.type_url}: not for a terminal, send them to a file")
        return
    sys.stdout.buffer.write(answer.value)
