"""Frozen dataclasses made as quickly as others: by the thousand, and on the way from a change to a callback.

The ``__init__`` that ``dataclasses`` writes for a frozen class calls ``object.__setattr__`` for each field. A twin of
the class, the same fields without ``frozen``, stores them directly. Objects of both are laid out alike, so that one
that is whole becomes a frozen one by its ``__class__``.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, field, fields, make_dataclass
from typing import Any


def unfrozen(frozen: type[Any]) -> type[Any]:
    """The twin of ``frozen``, a dataclass with slots and without bases: its objects can be made ones of ``frozen``."""
    given = [(each.name, object, _default(each)) for each in fields(frozen)]
    return make_dataclass(frozen.__name__, given, slots=True)


def _default(of: Field[Any]) -> Any:
    if of.default_factory is not MISSING:
        return field(default_factory=of.default_factory)
    return field(default=of.default)
