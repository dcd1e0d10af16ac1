"""The memory of large answers that are being received: so many bytes at once, over all connections that share it.

An answer waits for its turn where its first bytes, which say how long it is, have come: the flow control of HTTP/2
keeps the rest with its sender meanwhile, but for one window of its stream.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar

from ...errors import ResourceExhausted

# Bytes up to which an answer needs no room: hundreds of them are small beside one of the others.
_SMALL = 256 << 10


class ReplyBudget:
    """Room for ``limit`` bytes of answers that are received; one that is longer is received alone.

    Who finds none waits, in the order of asking, for ``patience`` seconds at most.
    """

    def __init__(self, limit: int = 16 << 20, patience: float = 30.0) -> None:
        self._limit = limit
        self._patience = patience
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        #: Bytes that are held now.
        self.used = 0

    async def take(self, size: int) -> Callable[[], None]:
        """Hold room for an answer of ``size`` bytes until the function that this returns is called, once.

        Raises ResourceExhausted when there is none in time.
        """
        if size <= _SMALL:
            return lambda: None
        if not self._waiting and self._fits(size):
            self.used += size
        else:
            await self._wait(size)
        return lambda: self._give_back(size)

    async def _wait(self, size: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (size, turn)
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as error:
            if entry in self._waiting:
                self._waiting.remove(entry)
                self._admit()
            elif not turn.cancelled():
                # It was admitted in the moment in which it gave up.
                self._give_back(size)
            if isinstance(error, TimeoutError):
                raise ResourceExhausted("bytes of answers that are being received", self._limit) from None
            raise

    def _give_back(self, size: int) -> None:
        self.used -= size
        self._admit()

    def _fits(self, size: int) -> bool:
        return not self.used or self.used + size <= self._limit

    def _admit(self) -> None:
        while self._waiting:
            size, turn = self._waiting[0]
            if turn.cancelled():
                # Its waiter takes it away itself, and must not find it admitted.
                self._waiting.popleft()
                continue
            if not self._fits(size):
                return
            self._waiting.popleft()
            self.used += size
            turn.set_result(None)


_kept: ContextVar[ExitStack | None] = ContextVar("corvo_kept_replies", default=None)


@contextmanager
def replies_kept() -> Iterator[ExitStack]:
    """What is received in here keeps its room until this ends, or until what is yielded is closed."""
    with ExitStack() as stack:
        token = _kept.set(stack)
        try:
            yield stack
        finally:
            _kept.reset(token)


@asynccontextmanager
async def reply_room(budget: ReplyBudget | None, size: int) -> AsyncGenerator[None]:
    """Room in ``budget`` while an answer is received, and for as long after it as ``replies_kept`` says."""
    with ExitStack() as here:
        if budget is not None:
            kept = _kept.get()
            (here if kept is None else kept).callback(await budget.take(size))
        yield
