"""Allocations by the line that made them: tracemalloc, switched on only while a profile needs it.

What one cannot avoid: reading the traces is one call into C that keeps the interpreter lock for about a microsecond
for each block that is alive, so the process stands still for that long; what comes after it is done in slices.
"""

from __future__ import annotations

import threading
import time
import tracemalloc
from typing import TypeAlias

from ...errors import ResourceExhausted
from ...timestamps import format_rfc3339
from ..pacing.pace import Pace
from ..pprof.model import Stack
from ..stacks.code_index import CodeIndex
from .snapshot import Blocks, HeapSnapshot

#: Blocks that one snapshot may find. More would need gigabytes for the snapshot itself.
MAX_TRACES = 5_000_000
# What tracemalloc keeps for one block, in bytes (measured, CPython 3.11).
_BYTES_PER_TRACE = 76
_PROBES = 20_000

# Lines, leaf first: (file, line) of each frame that was kept.
_Site: TypeAlias = tuple[tuple[str, int], ...]


class HeapTrace:
    """tracemalloc, shared by its users: on from the first one to the last one.

    Tracing that was switched on elsewhere (PYTHONTRACEMALLOC, the service itself) is used and left on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._ours = False
        self._since_ns = 0

    def acquire(self, frames: int) -> None:
        """Trace, with so many frames for each block; while it is on already, with as many as the first one said."""
        with self._lock:
            self._users += 1
            if not tracemalloc.is_tracing():
                tracemalloc.start(frames)
                self._ours = True
                self._since_ns = time.time_ns()

    def release(self) -> None:
        """Stop tracing if no other user needs it."""
        with self._lock:
            self._users -= 1
            if not self._users and self._ours:
                tracemalloc.stop()
                self._ours = False

    def method(self) -> str:
        """What a snapshot now would be measured by, in words; "" while nothing is traced."""
        if not tracemalloc.is_tracing():
            return ""
        since = format_rfc3339(self._since_ns) if self._ours else "before the agent"
        return f"tracemalloc since {since}"

    def snapshot(self, pace: Pace) -> HeapSnapshot:
        """What is alive of that which was allocated while tracing. Raises ResourceExhausted when it is too much."""
        overhead = tracemalloc.get_tracemalloc_memory()
        if overhead // _BYTES_PER_TRACE > MAX_TRACES:
            raise ResourceExhausted("traced blocks of memory", MAX_TRACES, overhead // _BYTES_PER_TRACE)
        method, time_ns = self.method(), time.time_ns()
        began = time.perf_counter()
        # The public view of the traces makes two objects for each; there may be millions.
        traces = tracemalloc.take_snapshot().traces._traces  # type: ignore[attr-defined]
        stalled = time.perf_counter() - began
        comments = (
            f"by {method}, {tracemalloc.get_traceback_limit()} frames; it takes {overhead >> 10} KiB itself",
            f"the process stood still for {stalled * 1000:.1f} ms to read {len(traces)} blocks",
        )
        return HeapSnapshot(method, time_ns, _by_stack(traces, pace), comments)


def _by_stack(traces: list[tuple[int, int, _Site, int]], pace: Pace) -> dict[Stack, Blocks]:
    # Every object that is made here is traced as well, which takes longer than all the rest: only lists grow.
    sizes: dict[_Site, list[int]] = {}
    for _, size, site, _ in pace.over(traces, every=512):
        try:
            sizes[site].append(size)
        except KeyError:
            sizes[site] = [size]
    index = CodeIndex()
    blocks: dict[Stack, Blocks] = {}
    for site, found in pace.over(sizes.items(), every=8):
        if site and site[0][0] == _HERE:
            # What the looking itself takes.
            continue
        stack = tuple(index.frame(filename, line) for filename, line in site)
        before = blocks.get(stack, Blocks(0, 0))
        blocks[stack] = Blocks(before.number + len(found), before.size + sum(found))
    return blocks


def allocation_seconds() -> float:
    """What allocating a small object takes at present: the price of tracing is the ratio of two of these."""
    began = time.perf_counter()
    kept: list[list[int]] = [[] for _ in range(_PROBES)]
    return (time.perf_counter() - began) / len(kept)


# Not __file__, which a module that was sent into a process has none of.
_HERE = allocation_seconds.__code__.co_filename
