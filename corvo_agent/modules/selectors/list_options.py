"""The query parameters of list and watch, from REST and from ListWatchOptions alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import DecodeError
from ..decimal_text import whole
from .fields import parse_field_change, parse_field_selector
from .labels import parse_label_selector
from .selection import Selection


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What was asked for. ``resource_version`` is text, because "" and 0 mean different things to a list."""

    name: str = ""
    resource_version: str = ""
    label_selector: str = ""
    field_selector: str = ""
    field_change: tuple[str, ...] = ()
    start: int = 0
    max_results: int = 0
    sort_order: str = ""
    tenant: str = ""

    def selection(self) -> Selection:
        """The objects and changes that these options let through; raises InvalidArgument for a bad selector."""
        return Selection(
            self.name,
            parse_label_selector(self.label_selector),
            parse_field_selector(self.field_selector),
            parse_field_change(self.field_change),
            self.tenant,
        )

    def version(self) -> int:
        """``resource_version`` as a number, 0 when it was not given; raises DecodeError when it is none."""
        return integer("O.resource-version", self.resource_version)


def parse_options(query: Iterable[tuple[str, str]]) -> ListOptions:
    """The options in the query of a URL; names match with or without dashes, in any case, unknown ones are ignored.

    Raises DecodeError for a parameter that is not a number.
    """
    found: dict[str, str] = {}
    changes: list[str] = []
    for key, value in query:
        name = key.replace("-", "").lower()
        # The one parameter that may be given several times.
        if name == "fieldchangeselector":
            changes.append(value)
        else:
            # As in the original, the first of several counts.
            found.setdefault(name, value)
    return ListOptions(
        name=found.get("o.name", ""),
        resource_version=found.get("o.resourceversion", ""),
        label_selector=found.get("labelselector", ""),
        field_selector=found.get("fieldselector", ""),
        field_change=tuple(changes),
        start=integer("from", found.get("from", "")),
        max_results=integer("max-results", found.get("maxresults", "")),
        sort_order=found.get("sortorder", ""),
    )


def integer(name: str, text: str) -> int:
    """The number that the parameter ``name`` holds, 0 for ""; raises DecodeError when it is none."""
    if not text:
        return 0
    number = whole(text)
    if number is None:
        raise DecodeError(name, f'{name}: parsing "{text[:80]}": invalid number')
    return number


def flag(name: str, text: str) -> bool:
    """Whether the parameter ``name`` says true; False for "". Raises DecodeError unless it is true or false."""
    folded = text.lower()
    if folded not in ("true", "false", "1", "0", ""):
        raise DecodeError(name, f'{name}: parsing "{text[:80]}": neither true nor false')
    return folded in ("true", "1")
