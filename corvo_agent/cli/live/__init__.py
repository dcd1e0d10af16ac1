"""What ``corvo top`` is made of: asking, the facts of an answer, and the picture on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .fleet import Fleet
    from .keys import Keys, keys_of_terminal
    from .monitor import Monitor, Seen
    from .view import print_seen, render, render_fleet
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "fleet": ("Fleet",),
            "keys": ("Keys", "keys_of_terminal"),
            "monitor": ("Monitor", "Seen"),
            "view": ("print_seen", "render", "render_fleet"),
        },
    )

__all__ = (
    "Fleet",
    "Keys",
    "Monitor",
    "Seen",
    "keys_of_terminal",
    "print_seen",
    "render",
    "render_fleet",
)
