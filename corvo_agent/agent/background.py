"""Background tasks with an owner: a failure is logged, and ending them is bounded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger(__name__)


class Background:
    """Owns at most ``limit`` tasks; what is started beyond that is refused with a warning."""

    def __init__(self, limit: int = 16) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Run ``work``; never raises."""
        if len(self._tasks) >= self._limit:
            work.close()
            _log.warning("%s is not started: %d tasks run already", name, self._limit)
            return
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def aclose(self) -> None:
        """Cancel what runs and wait for its end; the caller bounds the wait."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)
