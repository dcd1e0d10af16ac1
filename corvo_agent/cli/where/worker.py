"""The option that chooses among the processes of a module."""

from __future__ import annotations

import click

#: Adds ``--worker``; the command gets it as ``worker``, "" where all are meant.
worker_option = click.option(
    "--worker",
    default="",
    metavar="ID|pid:PID|all",
    help="Ask one of the module's processes, or all: corvo stats lists them under workers.",
)
