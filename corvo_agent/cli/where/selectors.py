"""The options that choose modules by what they are rather than by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ...modules.access import Selector
from .complete import labels

F = TypeVar("F", bound=Callable[..., Any])


def selector_options(command: F) -> F:
    """Adds ``-l`` and ``--field-selector``; the command gets ``labels`` and ``fields``."""
    for option in (
        click.option(
            "--field-selector",
            "fields",
            default="",
            metavar="SELECTOR",
            help="Modules with these fields, such as status.node=node1 or 'spec.log-level in (Debug,Warn)'.",
        ),
        click.option(
            *("-l", "--selector"),
            "labels",
            default="",
            metavar="SELECTOR",
            shell_complete=labels,
            help="Modules with these labels, such as team=net,tier!=1.",
        ),
    ):
        command = option(command)
    return command


def selector_of(labels: str, fields: str, name: str = "") -> Selector:
    """What the options say; raises click.UsageError for a name beside a selector."""
    if name and (labels or fields):
        raise click.UsageError("name modules or select them, not both")
    return Selector(name, labels, fields)
