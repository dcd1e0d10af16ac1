"""The target is followed from process to process, and each start is told once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator

import psutil
import pytest

from corvo_agent.sidecar.target.follower import START_PRECISION, TargetFollower, TargetStart
from corvo_agent.sidecar.target.process import ProcessIdentity, target_of_pid
from corvo_agent.testing import FakeClock

NAME = "node1-pen-npm"


class Target:
    """Where the process is found."""

    def __init__(self) -> None:
        self.now: ProcessIdentity | None = ProcessIdentity(7, 1)
        self.broken = False

    def __call__(self) -> ProcessIdentity | None:
        if self.broken:
            raise RuntimeError("no permission")
        return self.now


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@contextlib.asynccontextmanager
async def following(follower: TargetFollower, clock: FakeClock) -> AsyncIterator[None]:
    task = asyncio.create_task(follower.run())
    await clock.wait_sleeping()
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def pass_time(clock: FakeClock, seconds: float) -> None:
    """Let the follower look, which it does in a thread, as often as it does in so many ``seconds``."""
    for _ in range(round(seconds / 2)):
        await clock.advance(2)
        await clock.wait_sleeping()


def collected(follower: TargetFollower) -> list[TargetStart]:
    heard: list[TargetStart] = []
    follower.subscribe(heard.append)
    return heard


async def test_one_that_is_there_is_known_and_not_told(target: Target, clock: FakeClock) -> None:
    follower = TargetFollower(target, clock=clock)
    heard = collected(follower)
    assert (follower.start, follower.as_json()["pid"]) == (None, 0)
    async with following(follower, clock):
        await pass_time(clock, 10)
    assert heard == []
    assert follower.start is not None
    assert (follower.start.process, follower.start.number, follower.start.reason) == (ProcessIdentity(7, 1), 1, "")
    assert (follower.as_json()["pid"], follower.as_json()["restarts-seen"]) == (7, 0)


@pytest.mark.parametrize("restarted", [ProcessIdentity(8, 2), ProcessIdentity(7, 2)], ids=["new", "same number"])
async def test_a_restart_is_told_and_counted(target: Target, clock: FakeClock, restarted: ProcessIdentity) -> None:
    follower = TargetFollower(target, clock=clock)
    heard = collected(follower)
    async with following(follower, clock):
        target.now = None
        await pass_time(clock, 10)
        assert (heard, follower.as_json()["pid"]) == ([], 0)
        target.now = restarted
        await pass_time(clock, 2)
    (start,) = heard
    assert (start.process, start.number, start.before) == (restarted, 2, ProcessIdentity(7, 1))
    told = follower.as_json()
    assert (told["pid"], told["restarts-seen"]) == (restarted.pid, 1)
    assert told["last-restart-reason"] == f"process 7 has ended, process {restarted.pid} has begun"


async def test_one_that_was_not_there_yet_is_told_when_it_comes(target: Target, clock: FakeClock) -> None:
    target.now = None
    follower = TargetFollower(target, clock=clock)
    heard = collected(follower)
    async with following(follower, clock):
        await follower.looked()
        waiting = asyncio.create_task(follower.started_after(0))
        target.now = ProcessIdentity(9, 3)
        await pass_time(clock, 2)
        assert (await waiting).process.pid == 9
    assert [(each.number, each.reason) for each in heard] == [(1, "")]


async def test_a_search_that_fails_ends_nothing(
    target: Target, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    follower = TargetFollower(target, clock=clock)
    target.broken = True
    async with following(follower, clock):
        target.broken = False
        await pass_time(clock, 2)
    assert follower.start is not None
    assert "could not be looked for" in caplog.text


async def test_its_start_is_told_in_wall_time(clock: FakeClock) -> None:
    follower = TargetFollower(target_of_pid(os.getpid()), clock=clock)
    async with following(follower, clock):
        assert follower.start is not None
        assert abs(follower.start.time_ns / 1e9 - psutil.Process().create_time()) * 1e9 < START_PRECISION
        assert follower.start.time_ns < time.time_ns()
