"""The options of ``corvo logs`` as parameters of the Log query; the agent judges all but the conditions on fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from ...errors import InvalidArgument
from ..help import RareOption
from ..where.complete import levels
from .moments import day, moment

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS = (
    click.option(
        *("-n", "--lines"), default="300", show_default=True, help="How many of the newest lines that match; or all."
    ),
    click.option("--level", shell_complete=levels, help="That level and above; all for every line."),
    click.option("--since", metavar="WHEN", help="No older: 10m, 08:30, yesterday, 2026-11-24, RFC 3339, an epoch."),
    click.option("--until", metavar="WHEN", help="Older than this."),
    click.option(
        "--day",
        cls=RareOption,
        metavar="DATE",
        help="Lines of that day, in this machine's zone; also today, yesterday.",
    ),
    click.option("--grep", metavar="REGEX", help="Lines that match this regular expression."),
    click.option("--fixed", metavar="TEXT", help="Lines that contain this text."),
    click.option("--field", "field", multiple=True, metavar="NAME=VALUE", help="Lines with that field; also != ~ < >."),
    click.option("--trace", metavar="ID", help="Lines of this trace, whatever their field for it is called."),
    click.option("-C", "--around", metavar="N", help="Also N lines before and behind each of them."),
    click.option(
        "--audit", cls=RareOption, type=click.Choice(["yes", "no", "only"]), help="Whether audit lines are shown."
    ),
    click.option("--columns", cls=RareOption, metavar="NAME,...", help="Only these fields."),
    click.option(
        "--join", cls=RareOption, is_flag=True, help="Text below a JSON line, such as a traceback, belongs to it."
    ),
    click.option("--order", cls=RareOption, type=click.Choice(["asc", "desc"]), help="desc: the newest line first."),
    click.option(
        "--from",
        "from_",
        cls=RareOption,
        metavar="N",
        help="Skip N matches, from the oldest on; with desc from the newest.",
    ),
    click.option(
        "--cursor", cls=RareOption, metavar="TEXT", help="Go on where an answer ended that said so with corvo.cursor."
    ),
)
_PARAMETERS = {"from_": "from", "around": "context"}
_TIMES = ("since", "until")


def query_options(command: F) -> F:
    """Adds them; the command gets them as they were given, for ``parameters_of``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def parameters_of(asked: Mapping[str, object], *, follow: bool = False) -> dict[str, str]:
    """The parameters of the Log query, whose lines are to be followed or not.

    Raises click.UsageError for what is malformed or contradicts itself.
    """
    # The name of an option that is another one's, or a word of Python.
    told = {_PARAMETERS.get(name, name): value for name, value in asked.items()}
    given = {name: value for name, value in told.items() if value is not None and value is not False}
    fields, date = given.pop("field", None) or (), given.pop("day", None)
    parameters = {name: "yes" if value is True else str(value) for name, value in given.items()}
    for name in _TIMES:
        if name in parameters:
            parameters[name] = moment(parameters[name], f"--{name}")
    if date is not None:
        if not parameters.keys().isdisjoint(_TIMES):
            raise click.UsageError("--day is short for a --since and an --until: give it without them")
        parameters |= zip(_TIMES, day(str(date), "--day"), strict=True)
    lines = parameters.get("lines", "0").strip().lower()
    if not lines.isdigit() and lines != "all":
        raise click.UsageError(f"-n {lines}: neither a number nor all")
    if lines == "all" and "order" not in parameters and not follow:
        # From the oldest on, page by page, so that nothing has to be held until the last page is there.
        parameters.setdefault("from", "0")
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
