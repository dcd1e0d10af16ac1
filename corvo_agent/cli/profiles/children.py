"""The option that has a sidecar look at the processes below its own, too."""

from __future__ import annotations

import click

from ...profiles.kind import CHILDREN

#: Adds ``--children``; the command gets it as ``children``.
children_option = click.option(
    "--children", is_flag=True, help="Beside a foreign process: those below it that run Python, too."
)


def children_parameter(*, children: bool) -> dict[str, str]:
    """What a query says of it."""
    return {CHILDREN: "yes"} if children else {}
