"""How measuring is paced so that the host hardly feels it: slices, budgets, one at a time, off the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .exclusive import Exclusive
    from .loops import Loops, WatchedLoop, task_label
    from .pace import Cancelled, Pace, beside_loop, off_loop
    from .periodic_work import PeriodicWork
    from .switch_interval import SwitchInterval
    from .thread_clocks import ThreadClocks, Used, clock_of
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "exclusive": ("Exclusive",),
            "loops": ("Loops", "WatchedLoop", "task_label"),
            "pace": ("Cancelled", "Pace", "beside_loop", "off_loop"),
            "periodic_work": ("PeriodicWork",),
            "switch_interval": ("SwitchInterval",),
            "thread_clocks": ("ThreadClocks", "Used", "clock_of"),
        },
    )

__all__ = (
    "Cancelled",
    "Exclusive",
    "Loops",
    "Pace",
    "PeriodicWork",
    "SwitchInterval",
    "ThreadClocks",
    "Used",
    "WatchedLoop",
    "beside_loop",
    "clock_of",
    "off_loop",
    "task_label",
)
