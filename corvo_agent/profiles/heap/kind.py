"""The kinds ``heap`` and ``allocs``: what memory is used for, by line while it is traced, else by type.

tracemalloc makes allocating several times slower, so it is on only for a recording that a query asks for, or while
enable-trace is set; every answer says what it was measured by, what that cost, and under which number a later query
can compare with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from ...errors import InvalidArgument
from ..kind import ProfileRequest
from ..pacing.pace import Pace, beside_loop, off_loop
from ..pprof.encoder import encode
from ..pprof.model import Profile, Sample, Stack, ValueType
from ..stacks.own import remarks
from .census import METHOD, ObjectCensus
from .memray_recording import ALL, memray_recording
from .memray_recording import NAME as MEMRAY
from .snapshot import Blocks, HeapHistory, HeapSnapshot, growth
from .tracing import HeapTrace, allocation_seconds

DEFAULT_FRAMES = 4
MAX_FRAMES = 64
_SPACE = ValueType("space", "bytes")
_INUSE = (ValueType("inuse_objects", "count"), ValueType("inuse_space", "bytes"))
_ALLOC = (ValueType("alloc_objects", "count"), ValueType("alloc_space", "bytes"))
# Of a comparison. What is shown unless another type is asked for: readers such as speedscope refuse negative values.
_GROWN = (ValueType("grown_objects", "count"), ValueType("grown_space", "bytes"))
_ALONE = "grown_* is what has grown alone, in the other types less than before is negative"
_SURVIVORS = "alloc_* counts what was still alive when looked at; what was freed before is told by allocs engine=memray"
TRACEMALLOC = "tracemalloc"
_RELEASED_AT_ONCE = 10_000


class HeapKind:
    """``heap``, or ``allocs`` with another default sample type and a recording by default.

    Parameters: ``seconds`` (trace for so long), ``frames`` (kept of each stack, 4), ``base`` (the number of an
    earlier answer, or a time: the growth since then), ``engine`` (of a recording: tracemalloc or memray). ``trace`` is
    shared with the other users of tracemalloc.
    """

    parameters = ("seconds", "frames", "base", "engine")

    def __init__(
        self,
        name: str,
        trace: HeapTrace,
        history: HeapHistory,
        program: Callable[[], str],
        default_seconds: float | None = None,
    ) -> None:
        self.name = name
        self.default_seconds = default_seconds
        self._trace = trace
        self._history = history
        self._program = program

    async def take(self, request: ProfileRequest) -> bytes:
        """A gzipped pprof profile with the sample types of Go's heap profiles.

        Raises InvalidArgument for a base that is not known or was measured otherwise, ResourceExhausted when more is
        alive than can be looked at.
        """
        engine = request.choice("engine", TRACEMALLOC, (TRACEMALLOC, MEMRAY))
        default = DEFAULT_FRAMES if engine == TRACEMALLOC else MAX_FRAMES
        frames = round(request.number("frames", default, 1, MAX_FRAMES))
        base = request.text("base")
        if engine == MEMRAY:
            return await self._by_memray(request.seconds, frames, base)
        if base:
            # Before the measuring, so that a wrong one is heard at once.
            earlier = self._history.find(base, self._trace.method() or METHOD)
            snapshot = await self._snapshot()
            return await self._answer(snapshot, 0, earlier)
        if request.seconds is not None:
            return await self._record(request.seconds, frames)
        return await self._answer(await self._snapshot(), 0, None)

    async def _snapshot(self) -> HeapSnapshot:
        if self._trace.method():
            return await off_loop(self._trace.snapshot)
        return await _census()

    async def _record(self, seconds: float, frames: int) -> bytes:
        # Measured anew each time: how much dearer tracing makes allocating depends on machine and load.
        untraced = await off_loop(lambda pace: allocation_seconds())
        traced_before = bool(self._trace.method())
        self._trace.acquire(frames)
        try:
            # Traced all the time, the traces also hold what is older: only a difference is that of the recording.
            before = await off_loop(self._trace.snapshot) if traced_before else None
            traced = await off_loop(lambda pace: allocation_seconds())
            # After all that takes time itself, so that the seconds told are those in which the service allocated.
            began = time.monotonic()
            await asyncio.sleep(seconds)
            lasted = time.monotonic() - began
            snapshot = await off_loop(self._trace.snapshot)
        finally:
            self._trace.release()
        cost = "it was traced already" if traced_before else f"allocating took {traced / untraced:.1f} times as long"
        recording = f"of {lasted:.1f} s: what was allocated in them and is alive; {cost} while measured"
        labelled = HeapSnapshot(
            snapshot.method, snapshot.time_ns, snapshot.blocks, (f"a recording {recording}", *snapshot.comments)
        )
        return await self._answer(labelled, round(lasted * 1e9), before)

    async def _by_memray(self, seconds: float | None, frames: int, base: str) -> bytes:
        if seconds is None or base:
            raise InvalidArgument("engine", MEMRAY, "memray measures recordings: seconds=N, and no base")
        freed = self.name == "allocs"
        snapshot = await beside_loop(lambda pace: memray_recording(seconds, frames, pace, freed=freed), "corvo-memray")
        return await self._answer(snapshot, round(seconds * 1e9), None)

    async def _answer(self, snapshot: HeapSnapshot, duration_ns: int, base: HeapSnapshot | None) -> bytes:
        return await off_loop(lambda pace: self._encode(snapshot, duration_ns, base, pace))

    def _encode(self, snapshot: HeapSnapshot, duration_ns: int, base: HeapSnapshot | None, pace: Pace) -> bytes:
        comments = [*snapshot.comments]
        blocks: Mapping[Stack, Blocks] = snapshot.blocks
        if base is not None:
            blocks = growth(base, snapshot, pace)
            duration_ns = snapshot.time_ns - base.time_ns
            comments.insert(0, f"growth in {duration_ns / 1e9:.1f} s; {_ALONE}")
        if snapshot.method == self._trace.method() or snapshot.method == METHOD:
            comments.append(f"this is answer {self._history.add(snapshot)}: base=N gives what has grown since")
        traced = snapshot.method != METHOD
        if traced and snapshot.method != ALL:
            comments.append(_SURVIVORS)
        types = _ALLOC if snapshot.method == ALL else (*_ALLOC, *_INUSE) if traced else _INUSE
        count = len(types) // 2
        default = "alloc_space" if traced and self.name == "allocs" else "inuse_space"
        samples = (Sample(stack, (*each,) * count) for stack, each in pace.over(blocks.items()))
        if base is not None:
            types, default = (*types, *_GROWN), _GROWN[1].type
            samples = (each._replace(values=(*each.values, *(max(n, 0) for n in each.values[:2]))) for each in samples)
        profile = Profile(
            sample_types=types,
            samples=samples,
            default_sample_type=default,
            period_type=_SPACE,
            period=1,
            time_ns=snapshot.time_ns - duration_ns,
            duration_ns=duration_ns,
            comments=(*comments, *remarks()),
            program=self._program(),
        )
        return encode(profile, pace)


async def _census() -> HeapSnapshot:
    census: list[ObjectCensus] = []

    def count(pace: Pace) -> HeapSnapshot:
        census.append(ObjectCensus(pace))
        return census[0].snapshot()

    try:
        return await off_loop(count)
    finally:
        # Given up here, so that what died meanwhile is finalized in the thread of the loop, a little at a time.
        for each in census:
            while each.objects:
                del each.objects[-_RELEASED_AT_ONCE:]
                await asyncio.sleep(0)
