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
#: What a recording of all allocations is measured by: also of those that are free by its end.
ALL = "memray, freed or not"
#: Records of single allocations that are looked at, and bytes of a recording of them, after which it ends early.
MAX_RECORDS, MAX_BYTES = 2_000_000, 256 << 20
_LOOK = 0.1
_FREEING = ("FREE", "PYMALLOC_FREE", "MUNMAP")
_ARENAS = "objects of up to 512 bytes count as the arena that they needed, at the line that needed the next one"


def memray_recording(seconds: float, frames: int, pace: Pace, *, freed: bool = False) -> HeapSnapshot:
    """What was allocated in the next ``seconds`` and is alive then, by stack; for a thread.

    With ``freed`` all that was allocated, whether or not it is alive.

    Raises Unsupported without memray and in a process that memray follows already, ResourceExhausted while another
    recording is open, Cancelled.
    """
    memray = _memray()
    with MEMRAY.held_by_thread(), tempfile.TemporaryDirectory(prefix="corvo-heap-") as folder:
        path = Path(folder) / "recording"
        untraced, began, time_ns = allocation_seconds(), time.perf_counter(), time.time_ns()
        try:
            # Aggregated, the file grows with the number of places, and else with that of allocations.
            form = memray.FileFormat.ALL_ALLOCATIONS if freed else memray.FileFormat.AGGREGATED_ALLOCATIONS
            tracker = memray.Tracker(path, file_format=form)
            # By hand, because how long beginning and ending stop the process is told in the answer.
            tracker.__enter__()
        except RuntimeError as error:
            raise Unsupported("a memray recording", str(error)) from error
        started = time.perf_counter()
        try:
            _rest(seconds, path, pace)
            traced = allocation_seconds()
        finally:
            ending = time.perf_counter()
            tracker.__exit__(None, None, None)
        stalled = time.perf_counter() - ending + started - began
        comments = (
            f"by {NAME} since {format_rfc3339(time_ns)}, {frames} frames: malloc and mmap, also those of C libraries",
            f"a recording of {ending - started:.1f} s: what was allocated in them{_WHAT[freed]}; allocating took"
            f" {traced / untraced:.1f} times as long while measured",
            f"the process stood still for at most {stalled * 1000:.1f} ms to begin and to end it",
            _ARENAS,
        )
        reader = memray.FileReader(path)
        if not freed:
            return HeapSnapshot(NAME, time.time_ns(), _by_stack(reader, frames, pace), comments)
        blocks, left_out = _all_by_stack(reader, frames, pace)
        cut = (f"only the first {MAX_RECORDS} records were looked at",) if left_out else ()
        return HeapSnapshot(ALL, time.time_ns(), blocks, (*comments, *cut))


_WHAT = {False: " and is alive", True: ", freed or not"}


def _rest(seconds: float, path: Path, pace: Pace) -> None:
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0 and path.stat().st_size < MAX_BYTES:
        pace.rest(min(left, _LOOK))


def _memray() -> Any:
    try:
        return importlib.import_module(NAME)
    except ImportError as error:
        reason = f"it comes with the extra corvo-agent[heap] ({error})"
        raise Unsupported("a memray recording", reason) from error


def _by_stack(reader: Any, frames: int, pace: Pace) -> dict[Stack, Blocks]:
    """What is alive by stack."""
    index = CodeIndex()
    blocks: dict[Stack, Blocks] = {}
    for record in pace.over(reader.get_leaked_allocation_records(merge_threads=True), every=8):
        _add(blocks, index, record.stack_trace(frames), Blocks(record.n_allocations, record.size))
    return blocks


def _all_by_stack(reader: Any, frames: int, pace: Pace) -> tuple[dict[Stack, Blocks], bool]:
    """What was allocated by stack, and whether some was left out: a record of each allocation, and of each freeing."""
    types = _memray().AllocatorType
    freeing = {int(getattr(types, name)) for name in _FREEING}
    # A stack is asked for once: there may be a million records of it.
    found: dict[tuple[int, int], list[Any]] = {}
    left_out = False
    for number, record in enumerate(pace.over(reader.get_allocation_records(), every=64)):
        if number >= MAX_RECORDS:
            left_out = True
            break
        if record.allocator not in freeing:
            sums = found.setdefault((record.tid, record.stack_id), [record, 0, 0])
            sums[1] += record.n_allocations
            sums[2] += record.size
    index = CodeIndex()
    blocks: dict[Stack, Blocks] = {}
    for record, count, size in pace.over(found.values(), every=8):
        _add(blocks, index, record.stack_trace(frames), Blocks(count, size))
    return blocks, left_out


def _add(blocks: dict[Stack, Blocks], index: CodeIndex, lines: list[tuple[str, str, int]], more: Blocks) -> None:
    # Without a frame it is memray's own, or that of a thread that has none; the probe's is ours.
    if not lines or lines[0][0] == allocation_seconds.__name__:
        return
    stack = tuple(index.frame(filename, line) for _, filename, line in lines)
    before = blocks.get(stack, NOTHING)
    blocks[stack] = Blocks(before.number + more.number, before.size + more.size)
