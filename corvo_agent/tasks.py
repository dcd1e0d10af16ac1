"""Ending a task that the caller owns, without losing what it failed with."""

from __future__ import annotations

import asyncio


async def end_task(task: asyncio.Task[None]) -> None:
    """Cancel ``task`` and wait for its end. Raises what the task failed with; its cancellation is no failure.

    When the caller itself is cancelled meanwhile, that passes through and the task ends by itself.
    """
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()):
        raise error
