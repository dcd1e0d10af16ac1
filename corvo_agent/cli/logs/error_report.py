"""Errors of modules by their kinds, as a person reads them on a terminal, and as columns in a pipe."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from ...logs.dialects.fields import Field, text_of
from ...logs.errors.groups import ErrorGroup, FoundErrors
from ...timestamps import format_rfc3339
from ..show.counted import counted
from ..show.output import visible

HEADERS = ("MODULE", "COUNT", "EXCEPTION", "FRAME", "FIRST", "LAST", "MESSAGE", "NEWEST")
# Columns of the count, and of what stands below it.
_COUNT, _BELOW = 7, 9
_NARROWEST = 40


@dataclass(frozen=True, slots=True)
class ModuleErrors:
    """What was ``found`` in the log of the module ``name``; None where it is ``unknown``, which says why."""

    name: str
    found: FoundErrors | None = None
    unknown: str = ""

    @property
    def count(self) -> int:
        """Its errors; none where that is not known."""
        return self.found.count if self.found else 0

    def as_json(self, since: str) -> dict[str, Any]:
        """For programs: what REST answers, or why there is nothing."""
        told = {"errors": None, "unknown": self.unknown} if self.found is None else self.found.as_json()
        return {"module": self.name, "since": since, **told}

    def rows(self) -> Iterator[tuple[object, ...]]:
        """The columns of ``HEADERS`` for each kind."""
        if self.found is None:
            return
        for group in self.found.groups:
            kind = group.kind
            times = (_time(group.first), _time(group.last))
            yield self.name, group.count, kind.exception, kind.frame, *times, kind.message, newest_text(group)
        if self.found.others:
            yield self.name, self.found.others, "", "", "", "", "of other kinds", ""


def newest_text(group: ErrorGroup) -> str:
    """The first line of what the newest error says."""
    found = text_of(group.newest, Field.MESSAGE)
    return (found[1] if found else group.newest.get("error", "")).strip().partition("\n")[0]


def report(modules: Sequence[ModuleErrors], since: str, *, colour: bool) -> Iterator[str]:
    """Lines for a terminal of any width: each module with its kinds, those without errors in one line at the end."""
    width = max(_NARROWEST, shutil.get_terminal_size().columns)

    def styled(text: str, **style: Any) -> str:
        return click.style(text, **style) if colour else text

    for module in modules:
        if module.found is None or not module.count:
            continue
        kinds = len(module.found.groups)
        what = f"{counted(module.count, 'error')} of {counted(kinds, 'kind')} since {since}"
        first, *rest = _folded(f"{module.name}: {what}", width, "", "    ")
        name, colon, told = first.partition(":")
        yield f"{styled(name, bold=True)}{colon}{told}"
        yield from rest
        for group in module.found.groups:
            yield from _group(group, width, styled)
        if module.found.others:
            yield f"{module.found.others:>{_COUNT}}  of other kinds"
    fine = [module.name for module in modules if module.found is not None and not module.count]
    if fine:
        yield from _folded(f"no errors since {since}: {', '.join(fine)}", width, "", "    ")


def _group(group: ErrorGroup, width: int, styled: Any) -> Iterator[str]:
    kind = group.kind
    place = " in ".join(filter(None, (kind.exception, kind.frame))) or "error"
    count = styled(f"{group.count:>{_COUNT}}", fg="red")
    first, *rest = _folded(place, width, " " * _BELOW, " " * (_BELOW + 2))
    yield f"{count}  {styled(first[_BELOW:], bold=True)}"
    yield from rest
    below = " " * _BELOW
    newest = newest_text(group)
    for text in (kind.message, f"newest: {newest}" if newest and visible(newest) != kind.message else "", _span(group)):
        if text:
            yield from _folded(text, width, below, f"{below}  ")


def _span(group: ErrorGroup) -> str:
    if group.last is None:
        return ""
    return _time(group.last) if group.first == group.last else f"{_time(group.first)} to {_time(group.last)}"


def _folded(text: str, width: int, first: str, others: str) -> list[str]:
    """``text`` in lines of ``width``; words that are too long for one, such as names, go on in the next."""
    return textwrap.wrap(visible(text), width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def _time(time: int | None) -> str:
    return "" if time is None else format_rfc3339(time)
