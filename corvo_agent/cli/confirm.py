"""Asks the operator before one command changes several modules."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ..errors import InvalidArgument
from .show.blocking import interruptible

#: Names that a question lists; it only counts the others.
_SHOWN = 10

yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask before several modules are touched.")


def confirm(action: str, names: Sequence[str], *, yes: bool) -> None:
    """Ask the operator whether ``action`` is meant for all of ``names``; with one name or ``yes`` it does not ask.

    Raises click.Abort for a no, and InvalidArgument when standard input is no terminal to ask at.
    """
    if len(names) < 2 or yes:
        return
    if not sys.stdin.isatty():
        raise InvalidArgument("modules", None, f"to {action.lower()} {len(names)} of them at once, give --yes")
    shown = "".join(f"  {name}\n" for name in names[:_SHOWN])
    more = f"  ... and {len(names) - _SHOWN} more\n" if len(names) > _SHOWN else ""
    click.echo(shown + more, err=True, nl=False)
    with interruptible():
        click.confirm(f"{action} {len(names)} modules?", abort=True, err=True)
