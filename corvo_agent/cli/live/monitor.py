"""Follows one agent for ``corvo top``: its statistics again and again, and beside them where its time goes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from ...backoff import Backoff
from ...diagnostics.client.typed_client import TypedClient
from ...errors import CorvoError, PermissionRefused
from ...overview.facts import Facts, facts
from ...profiles.pprof.reader import decode
from ..profiles.hot_functions import Measured, measured

# Looks that the history is kept of: as many as fit into a line.
_REMEMBERED = 60
_SHORTEST_PROFILE = 1.0
# Seconds until a profile that was refused is asked for again.
_AFTER_REFUSAL = 10.0

Open = Callable[[], AbstractAsyncContextManager[TypedClient]]


@dataclass(slots=True)
class Seen:
    """What is known now. ``problem``: why the facts are stale; ``unprofiled``: why ``hot`` is missing; "" if not so."""

    facts: Facts = field(default_factory=Facts)
    looks: int = 0
    problem: str = ""
    hot: Measured | None = None
    unprofiled: str = ""
    cpu: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    memory: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def add(self, newest: Facts) -> None:
        """Take the facts of a look."""
        self.facts, self.problem = newest, ""
        self.looks += 1
        for value, history in ((newest.cpu, self.cpu), (newest.memory, self.memory)):
            if value is not None:
                history.append(value)


class Monitor:
    """While it is entered, it looks every ``interval`` seconds through a client of ``open_client``.

    When that is lost it opens another one. With ``profiling`` the process is profiled all the time, one interval
    after the other, at the agent's own low cost.
    """

    def __init__(self, open_client: Open, interval: float, *, profiling: bool = True) -> None:
        self.seen = Seen()
        self._open = open_client
        self._interval = interval
        self._profiling = profiling
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="corvo-top")
        self._task.add_done_callback(lambda _: self._moved.set())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    @property
    def looks(self) -> int:
        """How often it has looked."""
        return self.seen.looks

    async def changed(self) -> Seen:
        """Wait until there is something new; what is seen then.

        Raises what the first look raised. Afterwards an agent that is away is waited for; only refusals are raised.
        """
        await self._moved.wait()
        self._moved.clear()
        if self._task is not None and self._task.done():
            self._task.result()
        return self.seen

    async def _run(self) -> None:
        backoff = Backoff(0.5, max(self._interval, 5.0))
        while True:
            try:
                async with self._open() as client:
                    await self._look_through(client, backoff)
            except CorvoError as error:
                # A first look that fails is a wrong address; later the agent may come back, but permissions will not.
                if not self.seen.looks or isinstance(error, PermissionRefused):
                    raise
                self.seen.problem = str(error)
                self._moved.set()
            await asyncio.sleep(backoff.next())

    async def _look_through(self, client: TypedClient, backoff: Backoff) -> None:
        profiles = asyncio.create_task(self._profile_through(client), name="corvo-top-profiles")
        try:
            while True:
                self.seen.add(facts(await client.stats()))
                backoff.reset()
                self._moved.set()
                await asyncio.sleep(self._interval)
        finally:
            profiles.cancel()
            await asyncio.wait((profiles,))

    async def _profile_through(self, client: TypedClient) -> None:
        while self._profiling:
            try:
                answer = await client.profile("profile", max(self._interval, _SHORTEST_PROFILE))
                self.seen.hot, self.seen.unprofiled = measured(await asyncio.to_thread(decode, answer)), ""
                self._moved.set()
            except CorvoError as error:
                # Also when the agent is away: the loop that asks for statistics notices that and reconnects.
                self.seen.hot, self.seen.unprofiled = None, str(error)
                self._moved.set()
                await asyncio.sleep(_AFTER_REFUSAL)
