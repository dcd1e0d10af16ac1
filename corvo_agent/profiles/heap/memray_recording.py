"""Heap recordings by memray, which comes with the extra ``heap``: it follows malloc and not every object.

On the load that allocates most it made the process 1.2 times slower where tracemalloc with four frames made it 8 to 17
times slower, and it sees what C libraries allocate. The price: objects of up to 512 bytes come in arenas, which count
at the line that needed the next one. So it is a sample for what is small, and exact for what is large; and a process
that mostly calls functions pays more, because memray follows every call: about 5 times, as with tracemalloc.
"""

from __future__ import annotations

import importlib
import tempfile
import time
from pathlib import Path
from typing import Any

from ...errors import Unsupported
from ...timestamps import format_rfc3339
from ..pacing.exclusive import MEMRAY
from ..pacing.pace import Pace
from ..pprof.model import Stack
from ..stacks.code_index import CodeIndex
from .snapshot import NOTHING, Blocks, HeapSnapshot
from .tracing import allocation_seconds

NAME = "memray"
_ARENAS = "objects of up to 512 bytes count as the arena that they needed, at the line that needed the next one"


def memray_recording(seconds: float, frames: int, pace: Pace) -> HeapSnapshot:
    """What was allocated in the next ``seconds`` and is alive then, by stack; for a thread.

    Raises Unsupported without memray and in a process that memray follows already, ResourceExhausted while another
    recording is open, Cancelled.
    """
    memray = _memray()
    with MEMRAY.held_by_thread(), tempfile.TemporaryDirectory(prefix="corvo-heap-") as folder:
        path = Path(folder) / "recording"
        untraced, began, time_ns = allocation_seconds(), time.perf_counter(), time.time_ns()
        try:
            # Aggregated: the file grows with the number of places, not with that of allocations.
            tracker = memray.Tracker(path, file_format=memray.FileFormat.AGGREGATED_ALLOCATIONS)
            # By hand, because how long beginning and ending stop the process is told in the answer.
            tracker.__enter__()
        except RuntimeError as error:
            raise Unsupported("a memray recording", str(error)) from error
        started = time.perf_counter()
        try:
            pace.rest(seconds)
            traced = allocation_seconds()
        finally:
            ending = time.perf_counter()
            tracker.__exit__(None, None, None)
        stalled = time.perf_counter() - ending + started - began
        comments = (
            f"by {NAME} since {format_rfc3339(time_ns)}, {frames} frames: malloc and mmap, also those of C libraries",
            f"a recording of {ending - started:.1f} s: what was allocated in them and is alive; allocating took"
            f" {traced / untraced:.1f} times as long while measured",
            f"the process stood still for at most {stalled * 1000:.1f} ms to begin and to end it",
            _ARENAS,
        )
        return HeapSnapshot(NAME, time.time_ns(), _by_stack(memray.FileReader(path), frames, pace), comments)


def _memray() -> Any:
    try:
        return importlib.import_module(NAME)
    except ImportError as error:
        reason = f"it comes with the extra corvo-agent[heap] ({error})"
        raise Unsupported("a memray recording", reason) from error


def _by_stack(reader: Any, frames: int, pace: Pace) -> dict[Stack, Blocks]:
    index = CodeIndex()
    blocks: dict[Stack, Blocks] = {}
    for record in pace.over(reader.get_leaked_allocation_records(merge_threads=True), every=8):
        lines = record.stack_trace(frames)
        # Without a frame it is memray's own, or that of a thread that has none; the probe's is ours.
        if not lines or lines[0][0] == allocation_seconds.__name__:
            continue
        stack = tuple(index.frame(filename, line) for _, filename, line in lines)
        before = blocks.get(stack, NOTHING)
        blocks[stack] = Blocks(before.number + record.n_allocations, before.size + record.size)
    return blocks
