"""The kinds block and mutex: in a recording, or since enable-trace."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path

from corvo_agent.agent.agent import Agent
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.kinds.block import RECORDING_SECONDS, block_kind, mutex_kind
from corvo_agent.profiles.pprof.model import Profile
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.recording.recorders import Recorders

from ..spawn import until


def hold_up_the_loop() -> None:
    time.sleep(0.12)


def seen_in(profile: Profile, sample_type: str, key: str = "task") -> set[str | int]:
    """The labels ``key`` of the samples that have a value of ``sample_type``."""
    column = [each.type for each in profile.sample_types].index(sample_type)
    samples = [each for each in profile.samples if each.values[column]]
    return {label.value for sample in samples for label in sample.labels if label.key == key}


async def recorded(take: Callable[[], Awaitable[bytes]], shows: Callable[[Profile], bool]) -> Profile:
    """A recording, and another one for as long as ``shows`` is not true of it: the machine may have stood still."""
    for _ in range(10):
        profile = decode(await take())
        if shows(profile):
            break
    return profile


async def needs(lock: asyncio.Lock) -> None:
    async with lock:
        pass


def shows_needs(profile: Profile) -> bool:
    return any(sample.stack[-1].function.endswith("test_block.needs") for sample in profile.samples)


async def test_a_recording_shows_the_task_that_waits() -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    task = asyncio.create_task(needs(lock))
    recorders = Recorders()
    stalls = {"block": ["stalls", "stall"], "mutex": []}
    for kind in (block_kind(recorders, lambda: "app.py"), mutex_kind(recorders, lambda: "app.py")):
        assert kind.default_seconds == RECORDING_SECONDS
        profile = await recorded(partial(kind.take, ProfileRequest(0.25)), shows_needs)
        assert [each.type for each in profile.sample_types] == ["contentions", "delay", *stalls[kind.name]]
        assert profile.default_sample_type == "delay"
        assert shows_needs(profile)
        assert profile.duration_ns > 0.2e9
    task.cancel()


async def test_stalls_of_the_loop_are_told_apart_from_waits_of_tasks() -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    waits = asyncio.create_task(needs(lock), name="waits")

    async def stalling() -> None:
        while True:
            await asyncio.sleep(0)
            hold_up_the_loop()

    stalls = asyncio.create_task(stalling(), name="stalls")
    profile = await recorded(
        partial(block_kind(Recorders(), lambda: "app.py").take, ProfileRequest(0.6)),
        lambda it: (seen_in(it, "delay"), seen_in(it, "stall")) == ({"waits"}, {"stalls"}),
    )
    waits.cancel()
    stalls.cancel()
    assert seen_in(profile, "delay") == {"waits"}
    assert seen_in(profile, "stall") == {"stalls"}
    assert re.search(r"event loops were late by over 50 ms \d+ times, \d+\.\d\d s in all", "\n".join(profile.comments))


async def test_the_agent_s_own_tasks_do_not_fill_it(tmp_path: Path) -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    service = DiagnosticsService.with_defaults("shop", "node1", log_file=str(tmp_path / "shop.log"))
    async with Agent("shop", node="node1", service=service, apply_level=None) as agent:
        task = asyncio.create_task(needs(lock), name="culprit")
        # A followed log, so that the agent has waiting tasks of its own.
        async with DiagnosticsClient(agent.address) as client, aclosing(client.stream("Log")) as lines:
            following = asyncio.ensure_future(anext(lines))
            profile = await recorded(
                partial(client.profile, "block", 1.0), lambda it: "culprit" in seen_in(it, "delay")
            )
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        task.cancel()
    # The task of this test waits, too: it asks.
    asking = "test_the_agent_s_own_tasks_do_not_fill_it"
    assert seen_in(profile, "contentions") - {asking} == {"culprit"}
    assert any("of the agent's own tasks are left out" in comment for comment in profile.comments)


async def test_while_recorded_it_answers_at_once() -> None:
    recorders = Recorders()
    kind = mutex_kind(recorders, lambda: "app.py")
    lock = asyncio.Lock()
    await lock.acquire()
    recorders.enable(True)
    try:
        task = asyncio.create_task(needs(lock))
        watch = recorders.contention
        assert watch is not None
        await until(lambda: watch.mutex.samples())
        assert kind.default_seconds is None
        profile = decode(await kind.take(ProfileRequest()))
        assert shows_needs(profile)
        task.cancel()
    finally:
        recorders.enable(False)
