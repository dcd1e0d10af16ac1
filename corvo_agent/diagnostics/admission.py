"""How many queries run at once, for how long, and what becomes of one that does not end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

from ..errors import DeadlineExceeded, ResourceExhausted, Unavailable

_log = logging.getLogger(__name__)
T = TypeVar("T")
# What reacts to its cancellation does so at once; waited for, so that its place is free when its caller hears of it.
_CANCEL_GRACE = 0.1


class Admission:
    """``places`` for queries; one more is refused at once, nobody queues.

    Each query runs in a task of its own, so that one which does not react to its cancellation cannot keep its caller
    waiting. Such a task takes up a place until it really ends: the bound holds for work, not for callers.
    """

    def __init__(self, what: str, places: int) -> None:
        self._what = what
        self.places = places
        self._held = 0
        self._running: set[asyncio.Task[Any]] = set()
        self._abandoned: set[asyncio.Task[Any]] = set()

    @property
    def taken(self) -> int:
        """Places taken now, by callers being served and by cancelled work that has not ended yet."""
        return self._held + len(self._abandoned)

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Take a place, or raise ResourceExhausted."""
        if self.taken >= self.places:
            raise ResourceExhausted(self._what, self.places)
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    async def run(
        self,
        work: Coroutine[Any, Any, T],
        seconds: float | None,
        name: str,
        started: Callable[[asyncio.Task[Any]], object] | None = None,
    ) -> T:
        """The result of ``work`` (called ``name`` in errors), or DeadlineExceeded after ``seconds`` (None: no bound).

        Raises whatever ``work`` raises, and Unavailable when it is cancelled from elsewhere. When the caller is
        cancelled, ``work`` is. ``started`` is told the task of it.
        """
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if started is not None:
            started(task)
        try:
            await asyncio.wait((task,), timeout=seconds)
        except asyncio.CancelledError:
            self._abandon(task)
            raise
        if task.done():
            return _result(task)
        self._abandon(task)
        await asyncio.wait((task,), timeout=_CANCEL_GRACE)
        raise DeadlineExceeded(name, seconds or 0.0)

    async def aclose(self, seconds: float) -> None:
        """Cancel what runs and wait for its end, at most ``seconds``."""
        tasks = set(self._running)
        for task in tasks:
            task.cancel()
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=seconds)
            for task in left:
                _log.error("%s does not end although it was cancelled", task.get_name())

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        task.cancel()
        self._abandoned.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        # Nobody is left to hear of it; asked for here, else the loop complains of a lost exception.
        if not task.cancelled() and task.exception() is not None:
            _log.warning("%s failed after its end was no longer waited for: %r", task.get_name(), task.exception())


def _result(task: asyncio.Task[T]) -> T:
    # A task that was cancelled would cancel its caller with the same exception, and the call would end without
    # a status.
    if task.cancelled():
        raise Unavailable(task.get_name(), "it was stopped")
    return task.result()
