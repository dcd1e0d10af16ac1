"""Durations among the options of a command, written as those of settings are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ...errors import InvalidArgument
from ...timestamps import parse_duration

if TYPE_CHECKING:
    _Seconds = click.ParamType[float]
else:
    # Generic only in newer versions of click than the oldest that is supported.
    _Seconds = click.ParamType


class Duration(_Seconds):
    """``10m``, ``1.5s``, or a bare number of seconds; the command gets seconds. ``least`` is in seconds too.

    Another text, or a shorter duration, is wrong usage that names the option.
    """

    name = "duration"

    def __init__(self, least: float = 0.0) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds that ``value`` is; a number, such as a default, is taken as it is."""
        try:
            seconds = parse_duration(value) / 1e9 if isinstance(value, str) else float(value)
        except InvalidArgument as error:
            self.fail(f"{error.reason}: {value!r}", param, ctx)
        if seconds < self._least:
            self.fail(f"must be at least {self._least:g} s", param, ctx)
        return seconds
