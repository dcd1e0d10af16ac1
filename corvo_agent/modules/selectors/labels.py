"""Label selectors in the syntax of Kubernetes, with the original's reading of negation.

``a=b``, ``a==b``, ``a!=b``, ``a in (b,c)``, ``a notin (b)``, ``a``, ``!a``, ``a>1``, ``a<1``; a comma means AND.
Unlike in Kubernetes, ``!=`` and ``notin`` hold only where the key is present.
Source of the grammar: the selector section of the Kubernetes API conventions (apimachinery ``labels``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ...errors import InvalidArgument, shorten
from ..decimal_text import whole
from .bounds import check_conditions, check_length

#: Do the labels of an object match?
LabelSelector = Callable[[Mapping[str, str]], bool]

_TOKEN = re.compile(r"\s*(?:(==|!=|[=!<>(),])|([^\s=!<>(),]+))")
_NAME = re.compile(r"[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?", re.ASCII)
_PREFIX = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_END = ""


def parse_label_selector(text: str) -> LabelSelector | None:
    """A predicate over labels; None when ``text`` is empty and so matches everything.

    Raises InvalidArgument when it is not a selector, is too long, or names a key or value that no label can have.
    """
    if not text.strip():
        return None
    check_length("label-selector", text)
    requirements = _Parser(text).requirements()
    check_conditions("label-selector", requirements)
    if len(requirements) == 1:
        return requirements[0]
    return lambda labels: all(requirement(labels) for requirement in requirements)


def check_label(key: str, value: str) -> None:
    """Refuse a label that no selector could name. Raises InvalidArgument; stores and peers check none."""
    if wrong := _wrong_key(key):
        raise InvalidArgument("label", f"{key}={value}", wrong)
    if value and not _NAME.fullmatch(value):
        raise InvalidArgument("label", f"{key}={value}", f"{shorten(value)!r} is not a label value")


def _wrong_key(key: str) -> str:
    """What is wrong with it, "" for nothing."""
    prefix, slash, name = key.rpartition("/")
    if slash and not (len(prefix) <= 253 and _PREFIX.fullmatch(prefix)):
        return f"{shorten(prefix)!r} is not the prefix of a label key"
    if not _NAME.fullmatch(name):
        return f"{shorten(key)!r} is not a label key" if key else "a label key is missing"
    return ""


class _Parser:
    """Recursive descent over the tokens of one selector."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._position = 0

    def requirements(self) -> list[LabelSelector]:
        found = [self._requirement()]
        while (token := self._take()) != _END:
            if token != ",":
                raise self._error(f"expected a comma, not {shorten(token)!r}")
            found.append(self._requirement())
        return found

    def _requirement(self) -> LabelSelector:
        if self._peek() == "!":
            self._take()
            absent = self._key()
            return lambda labels: absent not in labels
        key = self._key()
        operator = self._peek()
        if operator in (_END, ","):
            return lambda labels: key in labels
        self._take()
        if operator in ("=", "=="):
            wanted = self._value()
            return lambda labels: labels.get(key) == wanted
        # As in the original, "!=" and "notin" need the key to be there; in Kubernetes they do not.
        if operator == "!=":
            unwanted = self._value()
            return lambda labels: key in labels and labels[key] != unwanted
        if operator in ("<", ">"):
            return _compare(key, operator, self._number())
        return self._membership(key, operator)

    def _membership(self, key: str, operator: str) -> LabelSelector:
        if operator not in ("in", "notin"):
            raise self._error(f"{shorten(operator)!r} is no operator")
        values = self._values()
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: key in labels and labels[key] not in values

    def _values(self) -> frozenset[str]:
        if self._take() != "(":
            raise self._error("in and notin take a list in parentheses")
        values = [self._value()]
        while (token := self._take()) == ",":
            values.append(self._value())
        if token != ")":
            raise self._error("a list ends with a parenthesis")
        return frozenset(values)

    def _key(self) -> str:
        token = self._take()
        if wrong := _wrong_key(token):
            raise self._error(wrong)
        return token

    def _value(self) -> str:
        if self._peek() in (_END, ",", ")"):
            return ""
        token = self._take()
        if not _NAME.fullmatch(token):
            raise self._error(f"{shorten(token)!r} is not a label value")
        return token

    def _number(self) -> int:
        token = self._take()
        number = whole(token)
        if number is None:
            raise self._error(f"{shorten(token)!r} is not a whole number")
        return number

    def _peek(self) -> str:
        return self._tokens[self._position]

    def _take(self) -> str:
        token = self._tokens[self._position]
        # The last token is the end: it may be taken any number of times.
        self._position = min(self._position + 1, len(self._tokens) - 1)
        return token

    def _error(self, reason: str) -> InvalidArgument:
        return InvalidArgument("label-selector", self._text, reason)


def _tokens(text: str) -> list[str]:
    found = []
    position = 0
    while match := _TOKEN.match(text, position):
        found.append(match[1] or match[2])
        position = match.end()
    return [*found, _END]


def _compare(key: str, operator: str, number: int) -> LabelSelector:
    def holds(labels: Mapping[str, str]) -> bool:
        value = whole(labels.get(key, ""))
        # A label that is not a number is no error of the selector: it does not match.
        return value is not None and (value > number if operator == ">" else value < number)

    return holds
