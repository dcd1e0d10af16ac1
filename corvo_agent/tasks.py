"""How an owner ends a task of its own."""

from __future__ import annotations

import asyncio


async def end_task(task: asyncio.Task[None]) -> None:
    """Cancel ``task`` and wait for its end; what it failed with, if it did, is raised here."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()):
        raise error
