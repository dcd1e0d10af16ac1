"""Samples of a foreign process: what the kernel tells, and nothing while it does not run."""

from __future__ import annotations

import asyncio
import os

from corvo_agent.sidecar.answers.process_samples import ProcessSamples
from corvo_agent.sidecar.target.follower import TargetFollower
from corvo_agent.sidecar.target.process import ProcessIdentity, process_identity
from corvo_agent.stats.samples import COLUMNS
from corvo_agent.testing import FakeClock
from tests.diagnostics.kit import until


async def test_processor_and_memory_while_it_runs() -> None:
    clock = FakeClock()
    found: list[ProcessIdentity] = []
    target = TargetFollower(lambda: found[0] if found else None, clock=clock)
    samples = ProcessSamples(target, clock=clock)
    tasks = [asyncio.create_task(target.run()), asyncio.create_task(samples.run())]
    try:
        await until(lambda: len(samples.samples) == 1)
        own = process_identity(os.getpid())
        assert own is not None
        found.append(own)
        await clock.advance(3)
        await until(lambda: target.start is not None)
        await clock.advance(10)
        await clock.advance(10)
        await until(lambda: len(samples.samples) == 3)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    nothing, first, second = (dict(zip(COLUMNS, row, strict=True)) for row in samples.samples.as_json()["rows"])
    assert [value for key, value in nothing.items() if key != "time"] == [None] * 5
    assert first["cpu"] is None
    assert second["cpu"] >= 0
    assert second["rss"] > 1 << 20
    assert second["loop-lag"] is None
