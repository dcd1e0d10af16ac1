"""The values of many variables without secrets, computed beside the loop: one that hangs does not take others along."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextvars import copy_context
from functools import partial

from ...errors import ResourceExhausted
from ...stats.variables import Variable, error_text, shown
from ...threads import DaemonThreads


class VariableCollector:
    """Computes variables one after another in a thread; when one hangs, the next are computed in another thread.

    A variable that takes longer than ``patience`` (seconds) gives an error text, and is not asked again until it has
    come back. ``threads`` bounds how many may hang at the same time; when they all do, the rest gives error texts.
    """

    def __init__(self, *, patience: float = 1.0, threads: int = 8) -> None:
        self._patience = patience
        self._threads = DaemonThreads("variables computed at once", threads)
        # Names whose last computation has not come back. Those threads take them out: single operations only.
        self._stuck: set[str] = set()

    @property
    def stuck(self) -> frozenset[str]:
        """The variables that hang now."""
        return frozenset(self._stuck)

    async def collect(self, variables: Mapping[str, Variable]) -> dict[str, str]:
        """Name -> JSON text, in the order given. Cancelled, it leaves the current variable to its thread."""
        stuck = self.stuck & variables.keys()
        texts = {name: error_text("still busy with an earlier question") for name in stuck}
        waiting = deque((name, variable) for name, variable in variables.items() if name not in stuck)
        while waiting:
            try:
                await self._follow(_Round(waiting, texts, self._stuck))
            except ResourceExhausted as error:
                texts.update((name, error_text(str(error))) for name, _ in waiting)
                break
        return {name: texts[name] for name in variables}

    async def _follow(self, current: _Round) -> None:
        """Return when the round is through, or left because one variable takes too long."""
        # In the thread, too, it is known whose question is answered.
        compute = partial(copy_context().run, current.compute)
        work = asyncio.create_task(self._threads.run(compute), name="corvo-collect-variables")
        try:
            while not work.done() and (left := self._patience - current.age()) > 0:
                await asyncio.wait((work,), timeout=left)
            if work.done():
                work.result()
        finally:
            current.leave(f"no answer within {self._patience:g} s")
            # The thread cannot be cancelled; what waits for it can, at once.
            work.cancel()
            await asyncio.wait((work,))


class _Round:
    """One thread's run through ``waiting`` until nothing is left, or until the asker leaves it."""

    def __init__(self, waiting: deque[tuple[str, Variable]], texts: dict[str, str], stuck: set[str]) -> None:
        self._waiting = waiting
        self._texts = texts
        self._stuck = stuck
        # All below: whoever holds the lock, which nobody does while a variable is computed.
        self._lock = threading.Lock()
        self._name = ""
        self._since = 0.0
        self._left = False

    def compute(self) -> None:
        """The thread's part."""
        while (taken := self._take()) is not None:
            self._keep(shown(*taken))

    def age(self) -> float:
        """Seconds that the current variable has taken so far, 0 when none is being computed."""
        with self._lock:
            return time.monotonic() - self._since if self._name else 0.0

    def leave(self, reason: str) -> None:
        """Give up the current variable, if there is one, for ``reason``; the thread ends after it."""
        with self._lock:
            self._left = True
            if self._name:
                self._texts[self._name] = error_text(reason)
                self._stuck.add(self._name)

    def _take(self) -> tuple[str, Variable] | None:
        with self._lock:
            if self._left or not self._waiting:
                return None
            self._name, variable = self._waiting.popleft()
            self._since = time.monotonic()
            return self._name, variable

    def _keep(self, text: str) -> None:
        with self._lock:
            if self._left:
                self._stuck.discard(self._name)
            else:
                self._texts[self._name] = text
            self._name = ""
