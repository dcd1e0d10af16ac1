"""The agent: one process's Module, level, log and Debug service wired together, with a life.

``Agent`` is what a service embeds (``async with Agent(...)``); ``build_agent`` makes the one of the command
line, beside a process, from its settings. ``LevelSync`` alone keeps the level in step with a Module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .agent import Agent
    from .build import build_agent
    from .level_sync import LevelSync, LevelSyncStatistics, apply_to_process
    from .options import AgentOptions
    from .statistics import AgentStatistics
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "agent": ("Agent",),
            "build": ("build_agent",),
            "level_sync": ("LevelSync", "LevelSyncStatistics", "apply_to_process"),
            "options": ("AgentOptions",),
            "statistics": ("AgentStatistics",),
        },
    )

__all__ = (
    "Agent",
    "AgentOptions",
    "AgentStatistics",
    "LevelSync",
    "LevelSyncStatistics",
    "apply_to_process",
    "build_agent",
)
