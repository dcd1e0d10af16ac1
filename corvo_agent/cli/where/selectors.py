"""The options that choose modules by what they are rather than by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ...modules.access import Selector
from ..help import RareOption
from .complete import labels

F = TypeVar("F", bound=Callable[..., Any])


# What the command gets as ``fields`` for -A: all modules, said rather than left open.
_EVERY = "*"


def selector_options(command: F) -> F:
    """Adds ``-l``, ``--field-selector`` and ``-A``; the command gets ``labels`` and ``fields`` for ``selector_of``."""

    @functools.wraps(command)
    def choosing(*arguments: Any, labels: str, fields: str, every: bool, **given: Any) -> Any:
        if every and (labels or fields):
            raise click.UsageError("-A chooses all modules: leave out -l and --field-selector")
        return command(*arguments, labels=labels, fields=_EVERY if every else fields, **given)

    decorated: Any = choosing
    for option in (
        click.option(
            "--field-selector",
            "fields",
            cls=RareOption,
            default="",
            metavar="SELECTOR",
            help="Modules with these fields, such as status.node=node1 or 'spec.log-level in (Debug,Warn)'.",
        ),
        click.option(*("-A", "--all-modules"), "every", is_flag=True, help="All modules."),
        click.option(
            *("-l", "--selector"),
            "labels",
            default="",
            metavar="SELECTOR",
            shell_complete=labels,
            help="Modules with these labels: team=net,tier!=1.",
        ),
    ):
        decorated = option(decorated)
    found: F = decorated
    return found


def selector_of(labels: str, fields: str, name: str = "") -> Selector:
    """What the options say; raises click.UsageError for a name beside a selector."""
    if name and (labels or fields):
        raise click.UsageError("name modules or select them, not both")
    return Selector(name, labels, "" if fields == _EVERY else fields)
