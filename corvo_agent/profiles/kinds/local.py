"""The profiles of this process, put together."""

from __future__ import annotations

from ..heap.kind import HeapKind
from ..heap.snapshot import HeapHistory
from ..kind import ProfileKind
from ..program import program
from ..recording.recorders import Recorders
from ..sampling.py_spy import PySpy
from ..sampling.thread_sampler import ThreadSampler
from .block import block_kind, mutex_kind
from .cmdline import CmdlineKind
from .cpu import CpuKind
from .goroutine import GoroutineKind
from .threadcreate import ThreadCreateKind
from .trace import TraceKind

ALLOCS_SECONDS = 5.0


def local_kinds(recorders: Recorders | None = None) -> tuple[ProfileKind, ...]:
    """Every kind of profile of the process that asks, from its own stacks, heap and loops.

    ``recorders`` are those that enable-trace switches; without them the kinds that need one measure for a time only.
    """
    recorders = Recorders() if recorders is None else recorders
    history = HeapHistory()
    return (
        CpuKind([PySpy(), ThreadSampler(recorders.loops)], program),
        GoroutineKind(recorders.loops, recorders.tasks, program),
        HeapKind("heap", recorders.heap, history, program),
        HeapKind("allocs", recorders.heap, history, program, default_seconds=ALLOCS_SECONDS),
        ThreadCreateKind(recorders, program),
        block_kind(recorders, program),
        mutex_kind(recorders, program),
        TraceKind(recorders.loops),
        CmdlineKind(),
    )
