"""Looking at stacks again and again: the sampling engines (in the process, or py-spy from outside), and a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .engine import Mode, Recording, SamplingEngine, SamplingOrder, cpu_profile
    from .py_spy import PySpy
    from .py_spy_output import ThreadDump
    from .source import Sources
    from .thread_sampler import ThreadSampler
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "engine": ("Mode", "Recording", "SamplingEngine", "SamplingOrder", "cpu_profile"),
            "py_spy": ("PySpy",),
            "py_spy_output": ("ThreadDump",),
            "source": ("Sources",),
            "thread_sampler": ("ThreadSampler",),
        },
    )

__all__ = (
    "Mode",
    "PySpy",
    "Recording",
    "SamplingEngine",
    "SamplingOrder",
    "Sources",
    "ThreadDump",
    "ThreadSampler",
    "cpu_profile",
)
