"""Settings of programs as options of their commands, and what commands can be told of where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .duration import Duration
    from .options import Told, program_options, with_options
    from .where import DEFAULT_GATEWAY, WHERE, Where
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "duration": ("Duration",),
            "options": ("Told", "program_options", "with_options"),
            "where": ("DEFAULT_GATEWAY", "WHERE", "Where"),
        },
    )

__all__ = (
    "DEFAULT_GATEWAY",
    "WHERE",
    "Duration",
    "Told",
    "Where",
    "program_options",
    "with_options",
)
