"""A task that is ended is waited for, and its failure is its owner's to know."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.tasks import end_task


async def test_it_has_cleaned_up_when_the_call_returns() -> None:
    cleaned = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await end_task(task)
    assert cleaned == [True]
    assert task.cancelled()


async def test_one_that_has_not_begun_or_has_ended_is_fine() -> None:
    async def work() -> None:
        return

    await end_task(asyncio.create_task(work()))
    ended = asyncio.create_task(work())
    await ended
    await end_task(ended)
    assert not ended.cancelled()


@pytest.mark.parametrize("before", [True, False])
async def test_what_it_failed_with_is_raised(before: bool) -> None:
    async def work() -> None:
        try:
            if not before:
                await asyncio.Event().wait()
        finally:
            raise OSError("not clean")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    assert task.done() is before
    with pytest.raises(OSError, match="not clean"):
        await end_task(task)


async def test_the_callers_own_cancellation_passes_through() -> None:
    may_end = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await may_end.wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    caller = asyncio.create_task(end_task(task))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert not task.done()
    may_end.set()
    await asyncio.wait({task})
    assert task.cancelled()
