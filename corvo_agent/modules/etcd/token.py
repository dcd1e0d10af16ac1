"""The token of an etcd user: got when it is needed, renewed once for all calls that find it refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from .errors import FailedAttempt


class Token:
    """Keeps the token that ``authenticate`` gives; None from it means that etcd's users are turned off.

    ``generation`` counts the attempts to get one: a caller whose request was refused tells which generation it used,
    and the first of them renews it for all. A failed attempt is shared in the same way.
    """

    def __init__(self, authenticate: Callable[[float], Awaitable[str | FailedAttempt | None]]) -> None:
        self._authenticate = authenticate
        self._lock = asyncio.Lock()
        self._failure: FailedAttempt | None = None
        self.text: str | None = None
        self.generation = 0

    async def first(self, deadline: float) -> FailedAttempt | None:
        """Make sure that there was an attempt; the failure of it, if it failed."""
        if self.generation == 0 or self._failure is not None:
            return await self.renew(self.generation, deadline)
        return None

    async def renew(self, refused: int, deadline: float) -> FailedAttempt | None:
        """Replace the token of generation ``refused`` until ``deadline`` of the loop's clock; None when it worked.

        Raises TimeoutError when others took all the time. A cancelled caller leaves the work to the next one.
        """
        async with asyncio.timeout_at(deadline):
            await self._lock.acquire()
        try:
            if self.generation == refused:
                outcome = await self._authenticate(deadline)
                self._failure = outcome if isinstance(outcome, FailedAttempt) else None
                self.text = None if isinstance(outcome, FailedAttempt) else outcome
                self.generation += 1
            return self._failure
        finally:
            self._lock.release()
