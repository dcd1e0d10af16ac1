"""The modules that a command is about: names, services alone, patterns or selectors, in one way for all commands."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import click

from ...modules.access import Selector
from ..backends.protocol import Backend
from ..many import selected
from .complete import modules
from .names import is_pattern, means_module, whole_names
from .selectors import selector_of, selector_options

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was typed: ``words`` that name modules, or selectors."""

    words: tuple[str, ...]
    labels: str = ""
    fields: str = ""

    @property
    def by_selector(self) -> bool:
        """Whether selectors choose them, ``-A`` among these."""
        return bool(self.labels or self.fields)

    @property
    def several(self) -> bool:
        """Whether more than one module may be meant, by what was typed.

        What programs read must not change its form with the number of modules that there are.
        """
        return self.by_selector or len(self.words) != 1 or is_pattern(self.words[0])

    @property
    def selector(self) -> Selector:
        """What the selectors say. Raises click.UsageError for names beside them."""
        return selector_of(self.labels, self.fields, " ".join(self.words))

    async def names(self, backend: Backend) -> list[str]:
        """The modules' names, each once. Raises as ``whole_names`` does, and NotFound where a selector fits none."""
        return await (whole_names(backend, self.words) if self.words else selected(backend.modules, self.selector))

    async def without_last(self, backend: Backend) -> tuple[Chosen, str | None]:
        """The modules, and the word behind them if there is one: the last word, where it means no module.

        Raises click.UsageError for names beside selectors.
        """
        if self.by_selector:
            if len(self.words) > 1:
                raise click.UsageError(_BOTH)
            return replace(self, words=()), self.words[0] if self.words else None
        if len(self.words) > 1 and not await means_module(backend, self.words[-1]):
            return replace(self, words=self.words[:-1]), self.words[-1]
        return self, None


_BOTH = "name modules or select them, not both"
_NONE = "name modules, or select them with -l, --field-selector or -A"


def choose_modules(
    metavar: str = "NAME...", *, behind: bool = False, optional: bool = False, complete: Any = modules
) -> Callable[[F], F]:
    """Adds the words that name modules, and the selectors; the command gets them as ``chosen``.

    ``behind``: words that say something else may follow the names. ``optional``: with neither, all are meant.
    """

    def decorate(command: F) -> F:
        @functools.wraps(command)
        def choosing(*arguments: Any, words: tuple[str, ...], labels: str, fields: str, **given: Any) -> Any:
            chosen = Chosen(tuple(dict.fromkeys(words)) if not behind else words, labels, fields)
            if not (words or chosen.by_selector or optional):
                raise click.UsageError(_NONE)
            if words and chosen.by_selector and not behind:
                raise click.UsageError(_BOTH)
            return command(*arguments, chosen=chosen, **given)

        decorated: Any = selector_options(choosing)
        found: F = click.argument("words", nargs=-1, metavar=metavar, shell_complete=complete)(decorated)
        return found

    return decorate
