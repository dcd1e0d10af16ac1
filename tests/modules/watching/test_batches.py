"""The hand-over between a watch and its consumer."""

from __future__ import annotations

import asyncio

from corvo_agent.modules.watching.batches import BatchBuffer, Cause, WatchBatch


def batch(revision: int) -> WatchBatch:
    return WatchBatch(Cause.CHANGES, (), revision)


async def test_batches_come_out_in_order_and_a_full_buffer_holds_the_producer() -> None:
    buffer = BatchBuffer(2)
    buffer.put(batch(1))
    await buffer.room()
    buffer.put(batch(2))
    assert buffer.full
    waiting = asyncio.create_task(buffer.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert await buffer.get() == batch(1)
    await waiting
    assert not buffer.full
    assert await buffer.get() == batch(2)


async def test_a_cancelled_consumer_loses_nothing() -> None:
    buffer = BatchBuffer(2)
    getting = asyncio.create_task(buffer.get())
    await asyncio.sleep(0)
    buffer.put(batch(1))
    getting.cancel()
    await asyncio.wait({getting})
    assert await buffer.get() == batch(1)


async def test_closing_ends_the_consumer() -> None:
    buffer = BatchBuffer(2)
    getting = asyncio.create_task(buffer.get())
    await asyncio.sleep(0)
    buffer.close()
    assert await getting is None
    assert await buffer.get() is None
