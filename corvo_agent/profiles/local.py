"""The profiles of this process, put together."""

from __future__ import annotations

from .births import TaskBirths
from .cmdline import CmdlineKind
from .cpu import CpuKind
from .goroutine import GoroutineKind
from .kind import ProfileKind
from .loops import Loops
from .program import program
from .py_spy import PySpy
from .thread_sampler import ThreadSampler


def local_kinds(loops: Loops | None = None) -> tuple[ProfileKind, ...]:
    """Every kind of profile of the process that asks. ``loops`` are watched beside the one that asks."""
    loops = Loops() if loops is None else loops
    births = TaskBirths()
    return (
        CpuKind([PySpy(), ThreadSampler(loops)], program),
        GoroutineKind(loops, births, program),
        CmdlineKind(),
    )
