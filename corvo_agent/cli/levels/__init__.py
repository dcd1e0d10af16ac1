"""What ``corvo level`` is made of: the state of a level, as Modules and agents tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .level_view import agent_state, level_state, show_states
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "level_view": ("agent_state", "level_state", "show_states"),
        },
    )

__all__ = (
    "agent_state",
    "level_state",
    "show_states",
)
