"""What a sidecar answers about the process beside it: statistics and profiles, of any process and of Go's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .answers import answer_for_go, answer_for_process
    from .go_pprof import GoProcess
    from .go_stats import GoStatsHandler
    from .process_profiles import process_kinds
    from .process_stats import ProcessStats
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "answers": ("answer_for_go", "answer_for_process"),
            "go_pprof": ("GoProcess",),
            "go_stats": ("GoStatsHandler",),
            "process_profiles": ("process_kinds",),
            "process_stats": ("ProcessStats",),
        },
    )

__all__ = (
    "GoProcess",
    "GoStatsHandler",
    "ProcessStats",
    "answer_for_go",
    "answer_for_process",
    "process_kinds",
)
