"""``corvo run``: starts a service, each Python process of which becomes a worker of its module."""

from __future__ import annotations

import os
import re

import click

from ....agent.settings import RUN, AgentSettings
from ....errors import ConfigError, NotFound, system_reason
from ....launcher.environment import service_environment
from ....settings.etcd import EtcdSettings
from ...help import HelpCommand
from ...settings.options import Told, program_options


@click.command(
    "run",
    cls=HelpCommand,
    short_help="Run a Python service, each process of it a worker of its module.",
    context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False},
)
@program_options(RUN, ("module", "node", "log-file", "etcd", "default-level"))
@click.option("--only", default="", metavar="REGEX", help="Only processes whose command line matches this.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED, required=True)
def command(told: Told, only: str, program: tuple[str, ...]) -> None:
    """Run PROGRAM, a Python service as it is: its processes follow the level of the module, and are asked about.

    What belongs to the service: PROGRAM itself, what it forks, what multiprocessing and reloaders start, and a Python
    that a shell has started for it. Tools and other programs that the service runs do not. One process more, the hub,
    is started by the first of them, holds the agent for all, and ends after the last. A setting is taken from its
    option, else its CORVO_ variable, else the file, else the default.

    \b
    corvo run --module pen-npm --etcd http://127.0.0.1:2379 -- gunicorn app:app
    corvo run --module pen-npm --log-file '/var/log/pen-npm/{pid}.log' -- python -m pen_npm
    corvo run --module pen-npm --only 'celery.* worker' -- ./start-everything.sh
    """
    gathered = told.gather()
    # What is wrong with them has to show here: the service is not to hear of it.
    gathered.section(AgentSettings)
    gathered.section(EtcdSettings)
    try:
        re.compile(only)
    except re.error as error:
        raise ConfigError("only", only, f"is not a regular expression: {error}") from None
    told.warn_of_mistaken_variables()
    environment = service_environment(os.environ, gathered.given(), only)
    # All that it holds is among the settings.
    environment.pop("CORVO_CONFIG", None)
    try:
        # The program is what the person typed, to be run in place of this one.
        os.execvpe(program[0], program, environment)  # nosec B606
    except OSError as error:
        raise NotFound("program", program[0], system_reason(error)) from error
