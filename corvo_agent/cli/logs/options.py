"""The options of ``corvo logs`` as parameters of the Log query; the agent judges all but the conditions on fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from ...errors import InvalidArgument
from ..where.complete import levels

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS = (
    click.option("-n", "--lines", default=300, show_default=True, help="How many of the newest lines that match."),
    click.option("--level", shell_complete=levels, help="That level and above; all for every line."),
    click.option("--since", help="No older than this: a time (RFC 3339) or a duration such as 10m."),
    click.option("--until", help="No newer than this time."),
    click.option("--grep", help="Lines that match this regular expression."),
    click.option("--fixed", help="Lines that contain this text."),
    click.option("--audit", type=click.Choice(["yes", "no", "only"]), help="Whether audit lines are shown."),
    click.option("--columns", help="Only these fields, separated by commas."),
    click.option("--field", "field", multiple=True, metavar="NAME=VALUE", help="Lines with that field; also != ~ < >."),
)


def query_options(command: F) -> F:
    """Adds them; the command gets them as they were given, for ``parameters_of``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def parameters_of(asked: Mapping[str, object]) -> dict[str, str]:
    """The parameters of the Log query. Raises click.UsageError for a malformed condition."""
    fields = asked.get("field") or ()
    parameters = {name: str(value) for name, value in asked.items() if value is not None and name != "field"}
    return parameters | dict(map(field_parameter, fields))  # type: ignore[call-overload]


def field_parameter(text: str) -> tuple[str, str]:
    """``status>=500`` as the parameter ``field.status>=`` and its value. Raises click.UsageError."""
    # Imported here, because it brings RE2, for which no other command is to wait.
    from ...logs.search.conditions import FieldCondition

    try:
        return FieldCondition.parse(text).parameter
    except InvalidArgument as error:
        signs = "NAME=VALUE, or with one of != ~ !~ < <= > >= in place of ="
        raise click.UsageError(f"--field {text}: must be {signs}: {error.reason}") from error
