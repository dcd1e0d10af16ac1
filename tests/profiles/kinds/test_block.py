"""The kinds block and mutex: in a recording, or since enable-trace."""

from __future__ import annotations

import asyncio

from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.kinds.block import RECORDING_SECONDS, block_kind, mutex_kind
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.recording.recorders import Recorders

from ..spawn import until


async def needs(lock: asyncio.Lock) -> None:
    async with lock:
        pass


async def test_a_recording_shows_the_task_that_waits() -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    task = asyncio.create_task(needs(lock))
    recorders = Recorders()
    for kind in (block_kind(recorders, lambda: "app.py"), mutex_kind(recorders, lambda: "app.py")):
        assert kind.default_seconds == RECORDING_SECONDS
        profile = decode(await kind.take(ProfileRequest(0.25)))
        assert [each.type for each in profile.sample_types] == ["contentions", "delay"]
        assert profile.default_sample_type == "delay"
        assert any(sample.stack[-1].function.endswith("test_block.needs") for sample in profile.samples)
        assert profile.duration_ns > 0.2e9
    task.cancel()


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
        assert any(sample.stack[-1].function.endswith("test_block.needs") for sample in profile.samples)
        task.cancel()
    finally:
        recorders.enable(False)
