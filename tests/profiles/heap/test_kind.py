"""The kinds heap and allocs: at once, for a recording, since enable-trace, and against an earlier answer."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.profiles.heap.census import METHOD
from corvo_agent.profiles.heap.kind import HeapKind
from corvo_agent.profiles.heap.snapshot import HeapHistory, HeapSnapshot
from corvo_agent.profiles.heap.tracing import HeapTrace
from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.pprof.model import Profile, Sample
from corvo_agent.profiles.pprof.reader import decode

from ..spawn import until

KEPT: list[bytes] = []


def leak() -> None:
    KEPT.append(bytes(1_000_000))


@asynccontextmanager
async def leaking(limit: int) -> AsyncIterator[None]:
    """Let ``leak`` be called over and over, up to ``limit`` times."""

    async def go_on() -> None:
        for _ in range(limit):
            leak()
            await asyncio.sleep(0.001)

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        await task
        KEPT.clear()


def kind(name: str = "heap", trace: HeapTrace | None = None) -> HeapKind:
    return HeapKind(name, trace or HeapTrace(), HeapHistory(), lambda: "app.py")


async def take(of: HeapKind, seconds: float | None = None, **parameters: str) -> Profile:
    return decode(await of.take(ProfileRequest(seconds, parameters)))


def first(profile: Profile) -> Sample:
    return max(profile.samples, key=lambda sample: sample.values[-1])


def types(profile: Profile) -> list[str]:
    return [each.type for each in profile.sample_types]


async def test_a_recording_names_the_line_that_leaks_fifty_megabytes_first() -> None:
    async with leaking(50):
        profile = await take(kind(), 0.3)
    sample = first(profile)
    assert sample.stack[0].function.endswith("test_kind.leak")
    assert sample.stack[0].line == leak.__code__.co_firstlineno + 1
    assert types(profile) == ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]
    assert profile.default_sample_type == "inuse_space"
    assert any("a recording of" in each and "times as long while measured" in each for each in profile.comments)
    assert not tracemalloc.is_tracing()


async def test_allocs_shows_what_was_allocated_by_default() -> None:
    allocs = HeapKind("allocs", HeapTrace(), HeapHistory(), lambda: "app.py", default_seconds=5.0)
    async with leaking(5):
        profile = await take(allocs, 0.05, frames="1")
    assert profile.default_sample_type == "alloc_space"
    assert all(len(sample.stack) <= 1 for sample in profile.samples)


async def test_at_once_it_is_what_is_alive_by_type() -> None:
    profile = await take(kind())
    assert types(profile) == ["inuse_objects", "inuse_space"]
    assert "builtins.dict" in {sample.stack[0].function for sample in profile.samples}
    assert any("by the garbage collector" in each for each in profile.comments)


@pytest.fixture
def everything_collected() -> Iterator[None]:
    """Let the collector see what the tests' own process keeps from it, see ``conftest``."""
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.mark.usefixtures("everything_collected")
async def test_growth_since_an_earlier_answer() -> None:
    of = kind()
    await take(of)
    async with leaking(10):
        await asyncio.sleep(0.05)
        profile = await take(of, base="1")
    assert first(profile).stack[0].function == "builtins.bytes"
    assert first(profile).values[-1] == pytest.approx(10_000_000, rel=0.9)
    assert profile.comments[0].startswith("growth in ")
    assert profile.duration_ns > 0


async def test_while_traced_it_is_since_then_and_a_recording_is_what_grew_in_it() -> None:
    trace = HeapTrace()
    of = kind(trace=trace)
    trace.acquire(2)
    try:
        leak()
        whole = await take(of)
        async with leaking(5):
            recording = await take(of, 0.1)
    finally:
        trace.release()
    assert first(whole).stack[0].function.endswith("test_kind.leak")
    assert first(recording).values[-1] <= 5_100_000
    assert any("it was traced already" in each for each in recording.comments)


async def test_what_cannot_be_compared_is_refused() -> None:
    trace, history = HeapTrace(), HeapHistory()
    of = HeapKind("heap", trace, history, lambda: "app.py")
    history.add(HeapSnapshot(METHOD, 1, {}))
    trace.acquire(1)
    try:
        with pytest.raises(InvalidArgument, match="base: that answer was measured by the garbage collector"):
            await take(of, base="1")
    finally:
        trace.release()
    with pytest.raises(InvalidArgument, match="frames: must be from 1 to 64"):
        await take(of, 1.0, frames="100")


async def test_a_recording_that_is_cancelled_stops_tracing() -> None:
    task = asyncio.create_task(take(kind(), 60))
    await until(tracemalloc.is_tracing)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not tracemalloc.is_tracing()
