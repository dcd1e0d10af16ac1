"""The token of an etcd user: got when it is needed, renewed once for all calls that find it refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from .errors import FailedAttempt, Kind


class Token:
    """Keeps the token that ``authenticate`` gives; None from it means that etcd's users are turned off.

    ``generation`` counts the attempts to get one: a caller whose request was refused tells which generation it used,
    and the first of them renews it for all. A failed attempt is shared in the same way.
    """

    def __init__(self, authenticate: Callable[[float], Awaitable[str | FailedAttempt | None]]) -> None:
        self._authenticate = authenticate
        self._lock = asyncio.Lock()
        self._failure: FailedAttempt | None = None
        # Connections closed without an answer to this token, and no answer since.
        self._cuts = 0
        self.text: str | None = None
        self.generation = 0

    def tell(self, outcome: object) -> bool:
        """Take the outcome of an attempt with the token; whether the token is to be renewed because of it.

        Some builds of etcd (3.4.23 and later ones) close the connection instead of saying that a token is not valid. A
        server that ends does so once, and then listens no more.
        """
        if not isinstance(outcome, FailedAttempt) or outcome.kind in (Kind.FINAL, Kind.TOKEN, Kind.NOT_NOW, Kind.BUSY):
            self._cuts = 0
        elif outcome.cut and self.text is not None:
            self._cuts += 1
        return self._cuts > 1

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
                self._cuts = 0
            return self._failure
        finally:
            self._lock.release()
