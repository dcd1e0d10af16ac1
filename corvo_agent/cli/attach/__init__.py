"""What ``corvo attach`` is made of: which process is meant, the agent beside it, and what only it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .beside import Beside, agent_beside
    from .process import find_pid
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "beside": (
                "Beside",
                "agent_beside",
            ),
            "process": ("find_pid",),
        },
    )

__all__ = (
    "Beside",
    "agent_beside",
    "find_pid",
)
