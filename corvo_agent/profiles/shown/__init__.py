"""Profiles as people and programs read them, in a terminal and over REST: the threads and tasks, and their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .amounts import place_of, quantity
    from .stack_tree import StackTree, flat_json, tree_json, tree_lines
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "amounts": ("place_of", "quantity"),
            "stack_tree": ("StackTree", "flat_json", "tree_json", "tree_lines"),
        },
    )

__all__ = (
    "StackTree",
    "flat_json",
    "place_of",
    "quantity",
    "tree_json",
    "tree_lines",
)
