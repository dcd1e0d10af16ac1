"""Errors in a log, counted by their kinds: where each was raised, and what it said but for its numbers and ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .folding import folded
    from .groups import ErrorGroup, FoundErrors, error_parameters, group_errors
    from .kind import ErrorKind, kind_of
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "folding": ("folded",),
            "groups": ("ErrorGroup", "FoundErrors", "error_parameters", "group_errors"),
            "kind": ("ErrorKind", "kind_of"),
        },
    )

__all__ = (
    "ErrorGroup",
    "ErrorKind",
    "FoundErrors",
    "error_parameters",
    "folded",
    "group_errors",
    "kind_of",
)
