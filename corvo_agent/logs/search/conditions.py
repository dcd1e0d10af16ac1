"""Conditions on the fields of a line: ``NAME=value`` and its relatives."""

from __future__ import annotations

import enum
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidArgument
from ..dialects.json_text import to_text
from .pattern import Pattern

_MISSING = object()
# What float() takes besides (nan, inf, 1_000) is a word in a log, not a number.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class Operator(enum.Enum):
    """How a field is compared. The order is that in which they are recognised: the longer ones first."""

    AT_LEAST = ">="
    AT_MOST = "<="
    NOT_EQUAL = "!="
    NO_MATCH = "!~"
    EQUAL = "="
    MATCH = "~"
    ABOVE = ">"
    BELOW = "<"


_ORDER: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.AT_LEAST: operator.ge,
    Operator.AT_MOST: operator.le,
    Operator.ABOVE: operator.gt,
    Operator.BELOW: operator.lt,
}


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """One condition on the field ``name``.

    ``name`` is a key of the line, or a path of keys through objects inside it (``http.status``). ``=`` and ``~``
    (a regular expression) look at the value as text, ``<`` and its relatives at numbers, also those written as text.
    A line without the field passes ``!=`` and ``!~`` and nothing else. ``what`` is how errors name the condition.

    Raises InvalidArgument for an operand that is not what the operator needs.
    """

    name: str
    operator: Operator
    operand: str
    what: str = "field"

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidArgument(self.what, self.operand, "a field condition needs the name of a field")
        try:
            (self.name + self.operand).encode()
        except UnicodeEncodeError as error:
            raise InvalidArgument(self.what, self.operand, "not valid text") from error
        self.test()

    @classmethod
    def parse(cls, text: str) -> FieldCondition:
        """The condition in a text such as ``status>=500``, ``msg~time(d )?out``, ``module=pen-npm``.

        Raises InvalidArgument.
        """
        # The first operator in the text counts, the longer one where two begin at the same place.
        found = [(text.find(each.value), -len(each.value), each) for each in Operator if each.value in text]
        if not found:
            raise InvalidArgument("field", text, "no operator", [each.value for each in Operator])
        position, _, chosen = min(found, key=lambda each: each[:2])
        return cls(text[:position].strip(), chosen, text[position + len(chosen.value) :])

    @property
    def parameter(self) -> tuple[str, str]:
        """The condition as name and value of a parameter of the Log query."""
        return f"field.{self.name}{self.operator.value}", self.operand

    def test(self) -> Callable[[Any], bool]:
        """What decides about a value of the field, or ``MISSING``."""
        operand = self.operand
        # A closure per operator: the decision is made once per query and not once per line.
        if self.operator is Operator.EQUAL:
            return lambda value: value is not _MISSING and to_text(value) == operand
        if self.operator is Operator.NOT_EQUAL:
            return lambda value: value is _MISSING or to_text(value) != operand
        if self.operator is Operator.MATCH:
            search = Pattern(operand, self.what).search
            return lambda value: value is not _MISSING and search(to_text(value).encode())
        if self.operator is Operator.NO_MATCH:
            search = Pattern(operand, self.what).search
            return lambda value: value is _MISSING or not search(to_text(value).encode())
        number = _number(operand)
        if number is None:
            raise InvalidArgument(self.what, operand, f"{self.operator.value} needs a number")
        compare = _ORDER[self.operator]
        return lambda value: (found := _number(value)) is not None and compare(found, number)


def lookup(document: Mapping[str, Any], name: str) -> Any:
    """The value of ``name`` in a line, following dots into objects when there is no such key; or ``MISSING``."""
    # A key that has dots in itself outranks the path: that is how it stands in the line.
    value = document.get(name, _MISSING)
    if value is not _MISSING or "." not in name:
        return value
    inner: Any = document
    for key in name.split("."):
        inner = inner.get(key, _MISSING) if isinstance(inner, dict) else _MISSING
    return inner


def _number(value: object) -> int | float | None:
    if isinstance(value, str):
        text = value.strip()
        # int() of a long text takes quadratic time.
        if not _NUMBER.fullmatch(text) or len(text) > 300:
            return None
        try:
            return int(text)
        except ValueError:
            return float(text)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
