"""Heap recordings by memray: the line that leaks, what is said about it, and what is refused."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import memray
import pytest

from corvo_agent.errors import InvalidArgument, ResourceExhausted, Unsupported
from corvo_agent.profiles.heap import memray_recording
from corvo_agent.profiles.heap.kind import HeapKind
from corvo_agent.profiles.heap.snapshot import HeapHistory
from corvo_agent.profiles.heap.tracing import HeapTrace
from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.pacing.exclusive import MEMRAY
from corvo_agent.profiles.pprof.model import Profile
from corvo_agent.profiles.pprof.reader import decode

from ..spawn import child_says, until

KEPT: list[bytes] = []


def leak() -> None:
    KEPT.append(bytes(1_000_000))


@contextmanager
def leaking() -> Iterator[None]:
    """A thread that leaks fifty megabytes again and again."""
    end = threading.Event()

    def work() -> None:
        while not end.wait(0.001):
            if len(KEPT) == 50:
                KEPT.clear()
            leak()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
        KEPT.clear()


async def take(seconds: float | None, **parameters: str) -> Profile:
    kind = HeapKind("heap", HeapTrace(), HeapHistory(), lambda: "app.py")
    return decode(await kind.take(ProfileRequest(seconds, {"engine": "memray", **parameters})))


async def test_the_line_that_leaks_is_named_first_with_its_whole_stack() -> None:
    with leaking():
        profile = await take(0.5)
    sample = max(profile.samples, key=lambda each: each.values[-1])
    assert sample.stack[0].function.endswith("test_memray_recording.leak")
    assert sample.stack[0].line == leak.__code__.co_firstlineno + 1
    assert len(sample.stack) > 3
    assert sample.values[-1] >= 1_000_000 * sample.values[-2]
    assert [each.type for each in profile.sample_types] == [
        "alloc_objects",
        "alloc_space",
        "inuse_objects",
        "inuse_space",
    ]
    assert any(each.startswith("by memray since") for each in profile.comments)
    assert any("times as long while measured" in each for each in profile.comments)
    assert any("stood still for at most" in each for each in profile.comments)


async def test_frames_are_cut_when_asked() -> None:
    with leaking():
        profile = await take(0.2, frames="2")
    assert max(len(sample.stack) for sample in profile.samples) <= 2


async def test_it_measures_recordings_only() -> None:
    for seconds, parameters in ((None, {}), (0.1, {"base": "1"})):
        with pytest.raises(InvalidArgument, match="memray measures recordings"):
            await take(seconds, **parameters)


async def test_a_second_recording_is_refused_and_a_cancelled_one_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first = asyncio.create_task(take(60))
    await until(lambda: list(tmp_path.glob("*/recording")))
    with pytest.raises(ResourceExhausted, match="memray recordings of one process at a time: at most 1"):
        await take(0.1)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await until(lambda: not os.listdir(tmp_path))


def test_a_child_made_by_fork_can_open_one() -> None:
    def can_enter() -> bool:
        with MEMRAY.held_by_thread():
            return True

    with MEMRAY.held_by_thread():
        assert child_says(can_enter)


async def test_where_memray_is_used_already_it_is_refused(tmp_path: Path) -> None:
    with memray.Tracker(tmp_path / "own"), pytest.raises(Unsupported, match="a memray recording is not possible here"):
        await take(0.1)


async def test_without_the_package_it_says_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "memray", None)
    with pytest.raises(Unsupported, match=r"it comes with the extra corvo-agent\[heap\]"):
        await take(0.1)


def churn() -> None:
    for _ in range(100):
        bytearray(100_000)


async def test_allocs_tells_what_was_freed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = HeapKind("allocs", HeapTrace(), HeapHistory(), lambda: "app.py")
    end = threading.Event()

    def work() -> None:
        while not end.wait(0.001):
            churn()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        profile = decode(await kind.take(ProfileRequest(0.5, {"engine": "memray"})))
        monkeypatch.setattr(memray_recording, "MAX_RECORDS", 10)
        cut = decode(await kind.take(ProfileRequest(0.2, {"engine": "memray"})))
    finally:
        end.set()
        thread.join()
    assert [each.type for each in profile.sample_types] == ["alloc_objects", "alloc_space"]
    size = sum(each.values[1] for each in profile.samples if "churn" in str(each.stack))
    assert size >= 100 * 100_000
    assert any("what was allocated in them, freed or not" in comment for comment in profile.comments)
    assert "only the first 10 records were looked at" in cut.comments
