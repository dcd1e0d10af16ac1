"""What ``corvo top`` is made of: asking, the facts of an answer, and the picture on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .facts import Facts
    from .monitor import Monitor, Seen
    from .view import print_seen, render
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "facts": ("Facts",),
            "monitor": ("Monitor", "Seen"),
            "view": ("print_seen", "render"),
        },
    )

__all__ = (
    "Facts",
    "Monitor",
    "Seen",
    "print_seen",
    "render",
)
