"""What a sidecar answers about the process beside it: statistics and profiles, of any process and of Go's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .go_pprof import GoProcess
    from .go_stats import GoStatsHandler
    from .process_profiles import process_kinds
    from .process_stats import ProcessStats
    from .service import answer_for_go, answer_for_process
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "go_pprof": ("GoProcess",),
            "go_stats": ("GoStatsHandler",),
            "process_profiles": ("process_kinds",),
            "process_stats": ("ProcessStats",),
            "service": ("answer_for_go", "answer_for_process"),
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
