"""Profiles of a Python process in the pprof format: CPU, heap, tasks and threads, lock waits, execution traces.

``local_kinds`` are the kinds of this process, by name; each is a ``ProfileKind``. A profile is taken off the event loop
and within a budget, so that the host hardly feels it. ``profiles.pprof`` encodes and decodes ``Profile``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .heap.kind import HeapKind
    from .kind import ProfileKind, ProfileRequest, parse_number
    from .kinds.block import ContentionKind
    from .kinds.cmdline import CmdlineKind
    from .kinds.cpu import CpuKind
    from .kinds.goroutine import GoroutineDump, GoroutineKind
    from .kinds.local import local_kinds
    from .kinds.threadcreate import ThreadCreateKind
    from .kinds.trace import TraceKind
    from .pprof.model import Frame, Label, Profile, Sample, Stack, ValueType
    from .recording.recorders import Recorders
    from .sampling.engine import Mode, Recording, SamplingEngine, SamplingOrder, cpu_profile
    from .sampling.py_spy import PySpy
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "heap.kind": ("HeapKind",),
            "kind": ("ProfileKind", "ProfileRequest", "parse_number"),
            "kinds.block": ("ContentionKind",),
            "kinds.cmdline": ("CmdlineKind",),
            "kinds.cpu": ("CpuKind",),
            "kinds.goroutine": ("GoroutineDump", "GoroutineKind"),
            "kinds.local": ("local_kinds",),
            "kinds.threadcreate": ("ThreadCreateKind",),
            "kinds.trace": ("TraceKind",),
            "pprof.model": ("Frame", "Label", "Profile", "Sample", "Stack", "ValueType"),
            "recording.recorders": ("Recorders",),
            "sampling.engine": ("Mode", "Recording", "SamplingEngine", "SamplingOrder", "cpu_profile"),
            "sampling.py_spy": ("PySpy",),
        },
    )

__all__ = (
    "CmdlineKind",
    "ContentionKind",
    "CpuKind",
    "Frame",
    "GoroutineDump",
    "GoroutineKind",
    "HeapKind",
    "Label",
    "Mode",
    "Profile",
    "ProfileKind",
    "ProfileRequest",
    "PySpy",
    "Recorders",
    "Recording",
    "Sample",
    "SamplingEngine",
    "SamplingOrder",
    "Stack",
    "ThreadCreateKind",
    "TraceKind",
    "ValueType",
    "cpu_profile",
    "local_kinds",
    "parse_number",
)
