"""``corvo logs``: the newest lines of modules, and those that come."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack

import click

from ....logs.limits import DEFAULT_SPAN
from ....timestamps import parse_duration
from ...confirm import confirm, yes_option
from ...failures import Failures
from ...help import HelpCommand, RareOption
from ...logs.choices import ON_REQUEST, OUTPUTS
from ...logs.options import parameters_of, query_options
from ...many import for_each
from ...running import asynchronous
from ...settings.where import Where
from ...show.colour import CHOICES, wants_colour
from ...show.output import output_option
from ...where.chosen import Chosen, choose_modules
from ...where.complete import levels
from ...where.connect import open_backend
from ...where.options import agent_options

# Parameters that have no meaning for several logs together.
_OF_ONE_LOG = ("from", "cursor")


@click.command("logs", cls=HelpCommand, short_help="Show log lines of modules.")
@choose_modules()
@click.option("-f", "--follow", is_flag=True, help="Go on with lines as they come, until Ctrl-C.")
@click.option(
    "--set-level",
    metavar="LEVEL",
    shell_complete=levels,
    help="With -f, the modules' level for as long as you watch; it ends with the command, however that ends.",
)
@yes_option
@click.option(
    "--window",
    cls=RareOption,
    default=f"{DEFAULT_SPAN}s",
    show_default=True,
    metavar="DURATION",
    help="With -f, how long a line waits for earlier ones of other modules.",
)
@query_options
@output_option(*OUTPUTS, default="text")
@click.option("--strings", cls=RareOption, is_flag=True, help="With -o json and yaml, every value as a text.")
@click.option(
    "--show", cls=RareOption, multiple=True, type=click.Choice(ON_REQUEST), help="Also this, in text; may be repeated."
)
@click.option(
    "--color", cls=RareOption, type=click.Choice(CHOICES), default="auto", show_default=True, help="Colours in text."
)
@click.option("--local", cls=RareOption, is_flag=True, help="Times in text in this machine's zone.")
@agent_options
@asynchronous
async def command(
    chosen: Chosen,
    follow: bool,
    set_level: str | None,
    yes: bool,
    window: str,
    output: str,
    strings: bool,
    show: tuple[str, ...],
    color: str,
    local: bool,
    where: Where,
    **asked: object,
) -> int:
    """Show the newest log lines of the modules NAME..., or of those that selectors choose, merged by time.

    Several modules have their name in front; one that cannot be asked is told on stderr. With -f, an agent that is lost
    is looked for again, and with a selector modules that appear later join; lines come in the order of their times.

    \b
    corvo logs mail -n 50
    corvo logs mail -f --set-level Debug      Debug until Ctrl-C, then as before
    corvo logs mail --level Error --since 1h
    corvo logs node1-pen-npm node2-pen-npm -f --grep 'timeout|refused'
    corvo logs -l team=network -f --level Warn
    corvo logs node1-pen-npm --field submodule=elastic-client -o json | jq .msg
    """
    # Late: --help does not need them.
    from ...logs.lines import Line
    from ...logs.pages import LogPages
    from ...logs.showing import show_followed, show_newest
    from ...logs.text import TextForm

    named = chosen.several
    form = TextForm(wants_colour(sys.stdout, color), local, frozenset(show))
    line = Line(output, named=named, form=form, strings=strings)
    parameters = parameters_of(asked, follow=follow) | line.parameters
    if named and (alone := [name for name in _OF_ONE_LOG if name in parameters and parameters.get("lines") != "all"]):
        raise click.UsageError(f"--{alone[0]} is for the log of one module: name one")
    if set_level is not None and not follow:
        raise click.UsageError("--set-level holds while you watch: it needs -f; corvo level sets one for a time")
    span, failures = parse_duration(window, "--window") / 1e9, Failures(named=named)
    async with open_backend(where) as backend:
        if not follow:
            await show_newest(LogPages(backend, parameters, failures), await chosen.names(backend), line)
        else:
            # What selectors choose is asked again as modules come and go.
            names = [] if chosen.by_selector else await chosen.names(backend)
            async with AsyncExitStack() as stack:
                if set_level is not None:
                    from ...levels.held import HeldLevel

                    held = await stack.enter_async_context(HeldLevel(backend, set_level))
                    holding = names or await chosen.names(backend)
                    confirm(f"Hold {set_level} in", holding, yes=yes)
                    await for_each(holding, held.hold, failures, "levels")
                await show_followed(backend, names, chosen, parameters, failures, line, span)
    return failures.code
