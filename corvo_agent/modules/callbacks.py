"""Calling other people's functions: in order, one at a time, bounded in time, and never at our own cost."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from ..clock import Clock
from .kv import Change
from .model import Module

_log = logging.getLogger(__name__)

#: A plain function that keeps the loop longer than this many seconds is worth a warning.
_SLOW_CALL = 0.1


class ModuleChange(NamedTuple):
    """The spec of a Module was changed at ``revision``: from ``old``, None if there was none, to ``new``.

    ``new`` is None when the Module was deleted. ``name`` is that of the Module.
    """

    name: str
    old: Module | None
    new: Module | None
    revision: int

    @property
    def module(self) -> Module:
        """``new``, or, when it was deleted, a Module of that name that asks for nothing."""
        return self.new or Module().with_meta(name=self.name)


class WatchStep(NamedTuple):
    """What a watch has told at once: the ``module`` after it, its ``changes``, and those of keys ``beside`` it.

    ``exact``: each change was seen; else they are the difference to a state that was read anew: the ``first``, or one
    of other data, which has ``replaced`` what there was.
    """

    module: Module | None
    changes: tuple[ModuleChange, ...]
    beside: tuple[Change, ...]
    exact: bool
    first: bool = False
    replaced: bool = False


#: A plain function or a coroutine function.
ChangeCallback = Callable[[ModuleChange], Awaitable[object] | object]


class CallbackQueue:
    """The states that wait for one callback, and the task that hands them over one after the other.

    A state for which nothing is to wait is handed over by ``put`` itself, in the context of that task: waking it would
    take a turn of the loop. What an async callback does then is waited for by the task.

    A callback that raises is logged. An async one that takes longer than ``timeout`` seconds is cancelled and
    logged, and left alone if it has not ended ``cancel_grace`` seconds later; a plain one cannot be interrupted: it is
    measured and warned about. At most ``limit`` states wait; then the oldest is dropped and counted, so that the
    newest always arrives. Two states with the same spec that come next to each other in this way are one: the
    callback hears of differences only.
    """

    def __init__(
        self,
        name: str,
        callback: ChangeCallback,
        *,
        timeout: float,
        limit: int,
        clock: Clock,
        cancel_grace: float = 1.0,
        shown_as: object = None,
    ) -> None:
        self._name = name
        self._callback = callback
        # What logs call it: the function that the user wrote, when ours is wrapped around it.
        self._shown_as = shown_as or callback
        self._timeout = timeout
        self._cancel_grace = cancel_grace
        self._limit = limit
        self._clock = clock
        self._waiting: deque[tuple[Module | None, int]] = deque()
        self._moved = asyncio.Event()
        self._told: Module | None = None
        self._task: asyncio.Task[None] | None = None
        # The task waits for a state: none is before the next one, and no call runs.
        self._idle = False
        self._context = contextvars.copy_context()
        # The async call that was begun last, until the task waits for it.
        self._begun: tuple[asyncio.Future[Any], ModuleChange] | None = None
        # The call that runs now, and those that did not end when they were cancelled.
        self._calls: set[asyncio.Future[Any]] = set()
        self.called = self.failed = self.timed_out = self.dropped = 0

    def start(self, told: Module | None = None) -> None:
        """Begin to call, again too after ``stop``; ``told`` is what the callback already knows of."""
        self._told = told
        self._context = contextvars.copy_context()
        self._task = asyncio.create_task(self._run(), name=f"corvo-callback {self._name}", context=self._context)

    def stop(self) -> set[asyncio.Future[Any]]:
        """Call no more, and cancel the call that runs, unless it is the one that stops; what then is ending."""
        task, self._task = self._task, None
        self._idle = False
        self._waiting.clear()
        self._moved.set()
        if task is None or asyncio.current_task() in self._calls:
            return set()
        self._begun = None
        ending: set[asyncio.Future[Any]] = {task, *self._calls}
        for each in ending:
            each.cancel()
        return ending

    def put(self, module: Module | None, revision: int) -> None:
        """Hand over a state, or let it wait for its turn, dropping the oldest one when there are too many."""
        if self._idle:
            # What the callback itself brings about waits until it has returned.
            self._idle = False
            self._context.run(self._tell, module, revision)
            if self._waiting or self._begun is not None:
                self._moved.set()
            else:
                self._idle = self._task is not None
            return
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((module, revision))
        self._moved.set()

    async def _run(self) -> None:
        while True:
            if self._begun is not None:
                begun, self._begun = self._begun, None
                await self._finish(*begun)
            elif self._task is not asyncio.current_task():
                # A call that stops its own queue is not cancelled: this ends after it, or another task has begun.
                return
            elif self._waiting:
                self._tell(*self._waiting.popleft())
            else:
                self._moved.clear()
                self._idle = True
                try:
                    await self._moved.wait()
                finally:
                    self._idle = False

    def _tell(self, module: Module | None, revision: int) -> None:
        """Call the callback; ``_begun`` is what it has begun, if it is async."""
        if same_spec(self._told, module):
            return
        change = ModuleChange(self._name, self._told, module, revision)
        self._told = module
        self.called += 1
        started = self._clock.monotonic()
        try:
            answer = self._callback(change)
        except (Exception, asyncio.CancelledError):
            # Nothing was awaited: a cancellation can only be the callback's own.
            self._log_failure(change)
            return
        taken = self._clock.monotonic() - started
        if taken > _SLOW_CALL:
            _log.warning("the callback %r held the event loop for %.2f s", self._shown_as, taken)
        if inspect.isawaitable(answer):
            call = asyncio.ensure_future(answer)
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
            self._begun = call, change

    async def _finish(self, call: asyncio.Future[Any], change: ModuleChange) -> None:
        timer = asyncio.create_task(self._clock.sleep(self._timeout))
        try:
            await asyncio.wait({call, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        if call.done():
            try:
                call.result()
            except (Exception, asyncio.CancelledError):
                self._log_failure(change)
            return
        self.timed_out += 1
        _log.warning("the callback %r took longer than %g s and is cancelled", self._shown_as, self._timeout)
        call.cancel()
        await asyncio.wait({call}, timeout=self._cancel_grace)
        if not call.done():
            _log.error("the callback %r does not end though it was cancelled: it is left alone", self._shown_as)

    def _log_failure(self, change: ModuleChange) -> None:
        self.failed += 1
        _log.exception("the callback %r failed for %s at revision %d", self._shown_as, change.name, change.revision)


def same_spec(old: Module | None, new: Module | None) -> bool:
    """Whether people want the same of both; of no Module they want nothing."""
    if old is None or new is None:
        return old is new
    return old.spec == new.spec
