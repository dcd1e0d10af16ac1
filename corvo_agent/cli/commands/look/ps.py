"""``corvo ps``: the Python processes of this machine, and what can be had of each."""

from __future__ import annotations

import re
import time

import click

from ....errors import InvalidArgument
from ....profiles.shown.amounts import quantity
from ....sidecar.processes.python_process import PythonProcess, python_processes
from ...help import HelpCommand
from ...show.ages import age
from ...show.output import format_option, note, print_result

_HEADERS = ("PID", "USER", "PYTHON", "AGE", "CPU", "MEMORY", "OPEN", "COMMAND")


@click.command("ps", cls=HelpCommand, short_help="List the Python processes of this machine.")
@click.argument("pattern", required=False)
@format_option
def command(pattern: str | None, output: str | None) -> None:
    """List the Python processes of this machine, or those whose command line the regular expression PATTERN is found
    in. Nothing has to be prepared in them. OPEN says whether corvo attach could look into one as this user.

    \b
    corvo ps
    corvo ps gunicorn
    corvo attach 4711 stacks
    """
    try:
        expression = re.compile(pattern or "")
    except re.error as error:
        raise InvalidArgument("PATTERN", pattern, f"not a regular expression: {error}") from None
    found = [each for each in python_processes() if expression.search(" ".join(each.command))]
    now = time.time()
    rows = [_row(each, now) for each in found]
    print_result(output, [_json(each) for each in found], _HEADERS, rows)
    for reason in sorted({each.closed.replace(str(each.pid), "PID") for each in found if each.closed}):
        note(reason)


def _row(process: PythonProcess, now: float) -> tuple[object, ...]:
    return (
        process.pid,
        process.user,
        process.version or "?",
        age(now - process.started),
        f"{process.cpu_seconds:.1f}s",
        quantity(process.rss, "bytes"),
        "no" if process.closed else "yes",
        " ".join(process.command),
    )


def _json(process: PythonProcess) -> dict[str, object]:
    return {
        "pid": process.pid,
        "parent": process.parent,
        "user": process.user,
        "python": process.version,
        "started": process.started,
        "cpu-seconds": process.cpu_seconds,
        "rss": process.rss,
        "command": process.command,
        "closed": process.closed,
    }
