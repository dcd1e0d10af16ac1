"""``corvo attach --inject PID level``: a level in force in a process, for as long as the command lasts."""

from __future__ import annotations

import click

from ...errors import NotFound
from ...levels.level import Level
from ..help import HelpCommand
from ..settings.duration import Duration
from ..show.output import note
from .beside import Beside

_SECONDS = 600.0


@click.command("level", cls=HelpCommand)
@click.argument("level")
@click.option("--for", "seconds", type=Duration(0.001), default=_SECONDS, metavar="DURATION", help="10m unless given.")
@click.option("--logger", "loggers", multiple=True, metavar="LOGGER", help="Of this logger and those below it only.")
@click.pass_obj
def level_command(beside: Beside, level: str, seconds: float, loggers: tuple[str, ...]) -> None:
    """Put LEVEL in force in the process until DURATION is over or Ctrl-C ends it; then all is as it was before.

    \b
    corvo attach --inject 4711 level Debug --for 5s
    """
    wanted = Level.parse(level).text
    inside = beside.inside
    if inside is None:
        raise NotFound("agent", "inside the process", "a level needs --inject")
    named = dict.fromkeys(loggers, wanted)
    beside.run(inside.hold_level("" if loggers else wanted, named, seconds))
    note(f"{wanted} is in force in process {inside.pid} for {seconds:g} s; Ctrl-C ends it")
    if beside.run(inside.lost_within(seconds)):
        raise NotFound("process", str(inside.pid), "it has ended")
    note("its levels are as they were")
