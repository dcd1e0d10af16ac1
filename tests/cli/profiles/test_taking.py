"""Waiting for a profile, with a bar on a terminal."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import redirect_stderr

import pytest

from corvo_agent.cli.profiles.taking import read_profile, trace_notes, with_progress
from corvo_agent.profiles.pacing.pace import Pace
from corvo_agent.profiles.pprof.encoder import encode
from corvo_agent.profiles.pprof.model import Profile, ValueType
from tests.cli.kit import Stream


@pytest.mark.parametrize("seconds", [None, 0.2])
async def test_a_terminal_sees_how_far_it_is(seconds: float | None) -> None:
    done = asyncio.Event()
    stream = Stream(terminal=True)

    async def measure() -> bytes:
        await done.wait()
        return b"measured"

    with redirect_stderr(stream):
        asyncio.get_running_loop().call_later(1.0, done.set)
        assert await with_progress(measure(), seconds, "cpu of shop") == b"measured"
    assert "cpu of shop" in stream.text
    assert ("waiting for the answer" in stream.text) is (seconds is not None)


async def test_what_measures_is_cancelled_with_who_waits() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def measure() -> bytes:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return b""

    task = asyncio.create_task(with_progress(measure(), None, "cpu"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


def test_a_profile_is_read_and_what_is_none_is_not() -> None:
    profile = read_profile(encode(Profile((ValueType("cpu", "nanoseconds"),)), Pace()))
    assert profile is not None
    assert profile.sample_types[0].type == "cpu"
    assert read_profile(b"plain text") is None


def test_a_broken_profile_is_told() -> None:
    stream = Stream()
    with redirect_stderr(stream):
        assert read_profile(gzip.compress(b"\xff\xff\xff")) is None
    assert stream.text.startswith("its functions cannot be shown: ")


def test_a_trace_says_what_it_left_out() -> None:
    trace = b'{"otherData":{"dropped_events":3,"notes":["the loop is uvloop.Loop"]},"traceEvents":[]}'
    assert trace_notes(trace) == ["the loop is uvloop.Loop", "3 later events are left out"]
    assert [trace_notes(each) for each in (b"{}", b"go 1.22 trace", b"")] == [[], [], []]
