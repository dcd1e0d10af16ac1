"""``corvo logs``: the newest lines of modules, and those that come."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Mapping
from functools import partial

import click

from ..errors import CorvoError
from .complete import levels, modules
from .failures import report, say
from .log_follow import Follower, follow_all
from .log_lines import as_json, as_text
from .log_merge import merge
from .running import asynchronous
from .target import Target, open_agent
from .target_options import agent_options

_FIELD = re.compile(r"([^=!~<>]+)(!=|!~|<=|>=|=|~|<|>)(.*)", re.DOTALL)
Record = Mapping[str, str]
#: Shows one record of the module of that name.
Show = Callable[[str, Record], None]


@click.command("logs", short_help="Show log lines of modules.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=modules)
@click.option("-n", "--lines", default=300, show_default=True, help="How many of the newest lines that match.")
@click.option("-f", "--follow", is_flag=True, help="Go on with lines as they come, until Ctrl-C.")
@click.option("--level", shell_complete=levels, help="That level and above; all for every line.")
@click.option("--since", help="Not older than that: a time (RFC 3339) or a duration such as 10m.")
@click.option("--until", help="Not younger than that.")
@click.option("--grep", help="Lines that match this regular expression.")
@click.option("--fixed", help="Lines that contain this text.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="Lines with that field; also != ~ < >.")
@click.option("--columns", help="Only these fields, separated by commas.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@agent_options
@asynchronous
async def command(
    names: tuple[str, ...], follow: bool, fields: tuple[str, ...], output: str, target: Target, **asked: object
) -> int:
    """Show the newest log lines of the modules NAME..., merged by time with the name in front.

    A module that cannot be asked is told on stderr, the others are shown all the same.

    \b
    corvo logs node1-pen-npm -n 50
    corvo logs node1-pen-npm --level Error --since 1h
    corvo logs node1-pen-npm node2-pen-npm -f --grep 'timeout|refused'
    corvo logs node1-pen-npm --field submodule=elastic-client -o json | jq .msg
    """
    unique = tuple(dict.fromkeys(names))
    if target.address and len(unique) > 1:
        raise click.UsageError("--address is one agent's: name one module, or find them with --etcd")
    failures = _Failures(named=len(unique) > 1)
    show = _shower(output, named=len(unique) > 1)
    parameters = _parameters(asked, fields)
    if follow:
        followers = {name: Follower(target, name, parameters, partial(show, name)) for name in unique}
        await follow_all(followers, failures.add)
    else:
        answers = await asyncio.gather(*(_newest(target, name, parameters, failures) for name in unique))
        for name, record in merge(dict(zip(unique, answers, strict=True))):
            show(name, record)
    return failures.code


class _Failures:
    """Tells of modules that could not be asked; the first one decides the exit code."""

    def __init__(self, *, named: bool) -> None:
        self._named = named
        self.code = 0

    def add(self, name: str, error: CorvoError) -> None:
        if self._named:
            say(f"{name}: {error}")
            self.code = self.code or error.exit_code
        else:
            self.code = report(error)


def _parameters(asked: Mapping[str, object], fields: tuple[str, ...]) -> dict[str, str]:
    """The options as parameters of the Log query; the agent judges them."""
    parameters = {name: str(value) for name, value in asked.items() if value is not None}
    return parameters | dict(map(_field, fields))


def _field(text: str) -> tuple[str, str]:
    """``status>=500`` as the parameter ``field.status>=`` and its value."""
    match = _FIELD.fullmatch(text)
    if match is None:
        raise click.UsageError(f"--field {text}: must be NAME=VALUE, or with one of != ~ !~ < <= > >= in place of =")
    name, sign, value = match.groups()
    return (f"field.{name}", f"={value}") if sign == "=" else (f"field.{name}{sign}", value)


def _shower(output: str, *, named: bool) -> Show:
    colour = sys.stdout.isatty()

    def show(name: str, record: Record) -> None:
        shown = name if named else None
        click.echo(as_json(shown, record) if output == "json" else as_text(shown, record, colour=colour), color=colour)

    return show


async def _newest(
    target: Target, name: str, parameters: Mapping[str, str], failures: _Failures
) -> list[dict[str, str]]:
    try:
        async with open_agent(target, name) as client:
            return await client.logs(parameters)
    except CorvoError as error:
        failures.add(name, error)
        return []
