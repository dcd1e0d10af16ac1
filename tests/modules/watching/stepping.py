"""What tests of a watch need: time that passes until it tells something, and what it told in short."""

from __future__ import annotations

import asyncio

from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.watching.batches import WatchBatch
from corvo_agent.modules.watching.watch import Watch
from corvo_agent.testing import FakeClock


def told(batch: WatchBatch) -> list[tuple[ChangeType, str, int]]:
    return [(change.type, change.key, change.revision) for change in batch.changes]


async def advance_until(clock: FakeClock, task: asyncio.Task[WatchBatch], seconds: float = 0.5) -> WatchBatch:
    """Let time pass until ``task`` is done."""
    while not task.done():
        await clock.advance(seconds)
    return task.result()


def next_batch(watch: Watch) -> asyncio.Task[WatchBatch]:
    return asyncio.create_task(anext(watch))
