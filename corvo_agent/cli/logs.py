"""``corvo logs``: the newest lines of modules, and those that come."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import aclosing

import click

from ..backoff import Backoff
from ..diagnostics.payloads import decode_logs
from ..errors import Unavailable
from ..logs.marker import CURSOR, DROPPED, GAP, MARKER, TRUNCATED
from .log_lines import as_json, as_text
from .output import note
from .target import Target, agent_options, asynchronous, open_agent

# What a remark of the agent has to hold to be worth a line.
_TOLD = frozenset({TRUNCATED, DROPPED, GAP})
_FIELD = re.compile(r"([^=!~<>]+)(!=|!~|<=|>=|=|~|<|>)(.*)", re.DOTALL)
Record = Mapping[str, str]
#: Shows one record of the module of that name.
Show = Callable[[str, Record], None]


@click.command("logs", short_help="Show log lines of modules.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("-n", "--lines", default=300, show_default=True, help="How many of the newest lines that match.")
@click.option("-f", "--follow", is_flag=True, help="Go on with lines as they come, until Ctrl-C.")
@click.option("--level", help="That level and above; all for every line.")
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
) -> None:
    """Show the newest log lines of the modules NAME..., merged by time with the name in front.

    \b
    corvo logs node1-pen-npm -n 50
    corvo logs node1-pen-npm --level Error --since 1h
    corvo logs node1-pen-npm node2-pen-npm -f --grep 'timeout|refused'
    corvo logs node1-pen-npm --field submodule=elastic-client -o json | jq .msg
    """
    parameters = _parameters(asked, fields)
    show = _shower(names, output)
    if follow:
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(_follow(target, name, parameters, show), name=f"follow {name}")
        return
    answers = await asyncio.gather(*(_newest(target, name, parameters) for name in names))
    found = [(name, record) for name, records in zip(names, answers, strict=True) for record in records]
    if len(names) > 1:
        # Interleaved by time; one alone keeps the order that it has.
        found.sort(key=lambda item: item[1].get("ts", ""))
    for name, record in found:
        show(name, record)


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


def _shower(names: tuple[str, ...], output: str) -> Show:
    colour = sys.stdout.isatty()

    def show(name: str, record: Record) -> None:
        shown = name if len(names) > 1 else None
        click.echo(as_json(shown, record) if output == "json" else as_text(shown, record, colour=colour), color=colour)

    return show


async def _newest(target: Target, name: str, parameters: Mapping[str, str]) -> list[dict[str, str]]:
    async with open_agent(target, name) as client:
        return await client.logs(parameters)


async def _follow(target: Target, name: str, parameters: Mapping[str, str], show: Show) -> None:
    """Show what is there and what comes; after a loss, go on after the last line seen."""
    backoff = Backoff(maximum=5.0)
    asked = dict(parameters)
    while True:
        try:
            async with open_agent(target, name) as client, aclosing(client.stream("Log", asked, name=name)) as batches:
                async for payload in batches:
                    backoff.reset()
                    for record in decode_logs(payload.value):
                        if cursor := record.get(CURSOR):
                            asked["cursor"] = cursor
                        if record.get("level") != MARKER or set(record) & _TOLD:
                            show(name, record)
        except Unavailable as error:
            note(f"corvo: {name}: {error}; trying again")
        await asyncio.sleep(backoff.next())
