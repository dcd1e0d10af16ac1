"""The hand-over between a watch and its consumer."""

from __future__ import annotations

import asyncio

import pytest

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


async def test_a_consumer_that_waits_is_called_in_place_of_being_woken() -> None:
    taken: list[int] = []

    def take(told: WatchBatch) -> bool:
        taken.append(told.revision)
        return told.revision != 3

    buffer = BatchBuffer(2, at_once=take)
    buffer.put(batch(1))
    assert await buffer.get() == batch(1)
    getting = asyncio.create_task(buffer.get())
    await asyncio.sleep(0)
    for revision in (2, 3, 4):
        buffer.put(batch(revision))
    # What is behind the one that was left waits behind it.
    assert taken == [2, 3]
    assert await getting == batch(3)
    assert await buffer.get() == batch(4)
    buffer.close()
    buffer.put(batch(5))
    assert taken == [2, 3]


async def test_a_consumer_that_is_called_gives_other_tasks_their_turn() -> None:
    turns = 0
    buffer = BatchBuffer(2, at_once=lambda _: True)
    getting = asyncio.create_task(buffer.get())
    await asyncio.sleep(0)

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    others = asyncio.create_task(other())
    for revision in range(10):
        await buffer.room()
        buffer.put(batch(revision))
    assert turns >= 4
    for task in (others, getting):
        task.cancel()
    await asyncio.wait({others, getting})


async def test_what_the_consumer_raises_when_it_is_called_is_raised_where_it_waits() -> None:
    def fail(_: WatchBatch) -> bool:
        raise ValueError("its own fault")

    buffer = BatchBuffer(2, at_once=fail)
    getting = asyncio.create_task(buffer.get())
    await asyncio.sleep(0)
    buffer.put(batch(1))
    with pytest.raises(ValueError, match="its own fault"):
        await getting
