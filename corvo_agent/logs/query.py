"""What to look for in a log: the parameters of a Log query as one frozen value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InvalidArgument
from .limits import DEFAULT_LIMITS, ReadLimits

PARAMETERS = ("lines", "max-results")

_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LogQuery:
    """The newest ``lines`` lines that match."""

    lines: int = DEFAULT_LIMITS.default_lines


#: The newest lines, whatever they hold.
EVERYTHING = LogQuery()


def parse_query(parameters: Mapping[str, str], *, limits: ReadLimits = DEFAULT_LIMITS) -> LogQuery:
    """The query that ``parameters`` describe.

    Raises InvalidArgument naming the parameter that is unknown or has a bad value.
    """
    for name in parameters:
        if name not in PARAMETERS:
            raise InvalidArgument(name, None, "unknown parameter of a log query", PARAMETERS)
    counts = [_count(parameters, name, limits) for name in ("lines", "max-results") if name in parameters]
    return LogQuery(lines=min(counts, default=limits.default_lines))


def _count(parameters: Mapping[str, str], name: str, limits: ReadLimits) -> int:
    text = parameters[name].strip()
    if not _NUMBER.fullmatch(text) or int(text) > limits.max_lines:
        raise InvalidArgument(name, parameters[name], f"not a whole number from 0 to {limits.max_lines}")
    return int(text)
