"""The kinds ``heap`` and ``allocs``: what memory is used for, by line while it is traced, else by type.

tracemalloc makes allocating several times slower, so it is on only for a window that a query asks for, or while
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
from .heap_look import Blocks, HeapHistory, HeapLook, growth
from .heap_objects import METHOD, ObjectCensus
from .heap_trace import HeapTrace, allocation_seconds
from .memray_window import NAME as MEMRAY
from .memray_window import memray_window

DEFAULT_FRAMES = 4
MAX_FRAMES = 64
_SPACE = ValueType("space", "bytes")
_INUSE = (ValueType("inuse_objects", "count"), ValueType("inuse_space", "bytes"))
_ALLOC = (ValueType("alloc_objects", "count"), ValueType("alloc_space", "bytes"))
_SURVIVORS = "alloc_* counts what was still alive when looked at: what was freed before is forgotten"
TRACEMALLOC = "tracemalloc"
_RELEASED_AT_ONCE = 10_000


class HeapKind:
    """``heap``, or ``allocs`` with another default sample type and a window by default.

    Parameters: ``seconds`` (trace for so long), ``frames`` (kept of each stack, 4), ``base`` (the number of an
    earlier answer, or a time: the growth since then), ``engine`` (of a window: tracemalloc or memray). ``trace`` is
    shared with whatever else needs tracemalloc.
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
            look = await self._look()
            return await self._answer(look, 0, earlier)
        if request.seconds is not None:
            return await self._window(request.seconds, frames)
        return await self._answer(await self._look(), 0, None)

    async def _look(self) -> HeapLook:
        if self._trace.method():
            return await off_loop(self._trace.look)
        return await _census()

    async def _window(self, seconds: float, frames: int) -> bytes:
        untraced = await off_loop(lambda pace: allocation_seconds())
        traced_before = bool(self._trace.method())
        self._trace.acquire(frames)
        try:
            before = await off_loop(self._trace.look) if traced_before else None
            traced = await off_loop(lambda pace: allocation_seconds())
            began = time.monotonic()
            await asyncio.sleep(seconds)
            lasted = time.monotonic() - began
            look = await off_loop(self._trace.look)
        finally:
            self._trace.release()
        cost = "it was traced already" if traced_before else f"allocating took {traced / untraced:.1f} times as long"
        window = f"of {lasted:.1f} s: what was allocated in them and is alive; {cost} while measured"
        labelled = HeapLook(look.method, look.time_ns, look.blocks, (f"a window {window}", *look.comments))
        return await self._answer(labelled, round(lasted * 1e9), before)

    async def _by_memray(self, seconds: float | None, frames: int, base: str) -> bytes:
        if seconds is None or base:
            raise InvalidArgument("engine", MEMRAY, "memray measures windows: seconds=N, and no base")
        look = await beside_loop(lambda pace: memray_window(seconds, frames, pace), "corvo-memray")
        return await self._answer(look, round(seconds * 1e9), None)

    async def _answer(self, look: HeapLook, duration_ns: int, base: HeapLook | None) -> bytes:
        return await off_loop(lambda pace: self._encode(look, duration_ns, base, pace))

    def _encode(self, look: HeapLook, duration_ns: int, base: HeapLook | None, pace: Pace) -> bytes:
        comments = [*look.comments]
        blocks: Mapping[Stack, Blocks] = look.blocks
        if base is not None:
            blocks = growth(base, look, pace)
            duration_ns = look.time_ns - base.time_ns
            comments.insert(0, f"growth in {duration_ns / 1e9:.1f} s; less than before is negative")
        if look.method == self._trace.method() or look.method == METHOD:
            comments.append(f"this is answer {self._history.add(look)}: base=N gives what has grown since")
        traced = look.method != METHOD
        if traced:
            comments.append(_SURVIVORS)
        types = (*_ALLOC, *_INUSE) if traced else _INUSE
        profile = Profile(
            sample_types=types,
            samples=(Sample(stack, (*each,) * (len(types) // 2)) for stack, each in pace.over(blocks.items())),
            default_sample_type="alloc_space" if traced and self.name == "allocs" else "inuse_space",
            period_type=_SPACE,
            period=1,
            time_ns=look.time_ns - duration_ns,
            duration_ns=duration_ns,
            comments=tuple(comments),
            program=self._program(),
        )
        return encode(profile, pace)


async def _census() -> HeapLook:
    census: list[ObjectCensus] = []

    def count(pace: Pace) -> HeapLook:
        census.append(ObjectCensus(pace))
        return census[0].look()

    try:
        return await off_loop(count)
    finally:
        # Given up here, so that what died meanwhile is finalized in the thread of the loop, a little at a time.
        for each in census:
            while each.objects:
                del each.objects[-_RELEASED_AT_ONCE:]
                await asyncio.sleep(0)
