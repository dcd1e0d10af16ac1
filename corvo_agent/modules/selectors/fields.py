"""Field selectors: ``spec.log-level=Debug,status.restart-count>3``, checked against the schema of a Module.

Operators ``= == != < <= > >=`` and, between spaces, ``in (a,b)`` and ``notin (a,b)``; a comma means AND. A value
holds letters, digits, ``- _ / . :``, inner spaces and ``\\,`` for a comma. Where a path has several values (a
list, ``[*]``), a condition holds if one of them fulfils it; ``!=`` and ``notin`` hold if none is equal.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from ...errors import InvalidArgument, shorten
from ..model import Module
from .bounds import check_conditions, check_length
from .module_fields import ModuleField, field, part

#: Does a Module match?
FieldSelector = Callable[[Module], bool]
#: Did the chosen fields change, from the first Module to the second?
FieldChange = Callable[[Module, Module], bool]

# What was taken is not given back (``*+``): trying each way to divide a long word would take its length squared.
_PATH = r"(?P<path>[A-Za-z][\w.-]*+(?:\[[^\]]*+\][\w.-]*+)?+)"
_COMPARISON = re.compile(_PATH + r"\s*(?P<operator>==|!=|<=|>=|=|<|>)(?P<value>(?:\\,|[^,])*)", re.ASCII)
_MEMBERSHIP = re.compile(_PATH + r"\s+(?P<operator>in|notin)\s+\((?P<values>[^()]*)\)\s*", re.ASCII)
# A slash, dash, dot or underscore may stand anywhere; a space only inside; an escaped comma is one character.
_VALUE = re.compile(r"(?:(?:[\w/.:-]|\\,)(?:(?:[\w/.: -]|\\,)*(?:[\w/.:-]|\\,))?)?", re.ASCII)
_COMMA = re.compile(r"(?<!\\),")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parse_field_selector(text: str) -> FieldSelector | None:
    """A predicate over Modules; None when ``text`` is empty and so matches everything.

    Raises InvalidArgument when it is not a selector, is too long, names a field that a Module does not have, or
    compares a field with a value that it cannot have.
    """
    if not text.strip():
        return None
    check_length("field-selector", text)
    conditions = _conditions(text)
    check_conditions("field-selector", conditions)
    if len(conditions) == 1:
        return conditions[0]
    return lambda module: all(condition(module) for condition in conditions)


def parse_field_change(paths: Sequence[str]) -> FieldChange | None:
    """Whether any part named by ``paths`` differs between an old and a new Module; None without paths.

    Raises InvalidArgument for a part that a Module does not have, and for too many of them.
    """
    check_conditions("field-change-selector", paths)
    parts = [part(path.strip()) for path in paths if path.strip()]
    if not parts:
        return None
    return lambda old, new: any(get(old) != get(new) for get in parts)


def _conditions(text: str) -> list[FieldSelector]:
    found = []
    position = 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        condition, position = _condition(text, position)
        found.append(condition)
        if position == len(text):
            return found
        if text[position] != ",":
            raise _error(text, f"expected a comma at character {position + 1}")
        position += 1


def _condition(text: str, position: int) -> tuple[FieldSelector, int]:
    if match := _MEMBERSHIP.match(text, position):
        chosen = field(match["path"])
        values = [_parse(text, chosen, value) for value in _COMMA.split(match["values"])]
        return _membership(chosen, frozenset(values), negated=match["operator"] == "notin"), match.end()
    if match := _COMPARISON.match(text, position):
        chosen = field(match["path"])
        return _comparison(chosen, match["operator"], _parse(text, chosen, match["value"])), match.end()
    raise _error(text, f"expected FIELD OPERATOR VALUE at character {position + 1}")


def _parse(text: str, chosen: ModuleField, value: str) -> Any:
    stripped = value.strip()
    if not _VALUE.fullmatch(stripped):
        raise _error(text, f"{shorten(stripped)!r} is not a value")
    return chosen.parse(stripped.replace("\\,", ","))


def _membership(chosen: ModuleField, wanted: frozenset[Any], *, negated: bool) -> FieldSelector:
    values = chosen.values
    if negated:
        return lambda module: not any(value in wanted for value in values(module))
    return lambda module: any(value in wanted for value in values(module))


def _comparison(chosen: ModuleField, sign: str, wanted: Any) -> FieldSelector:
    if sign in ("=", "=="):
        return _membership(chosen, frozenset((wanted,)), negated=False)
    if sign == "!=":
        return _membership(chosen, frozenset((wanted,)), negated=True)
    values, holds = chosen.values, _ORDER[sign]
    return lambda module: any(holds(value, wanted) for value in values(module))


def _error(text: str, reason: str) -> InvalidArgument:
    return InvalidArgument("field-selector", text, reason)
