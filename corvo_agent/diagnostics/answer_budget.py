"""The memory of all answers that are being made or sent: one budget, so that many large queries do not kill the host.

An answer takes room as it is made and gives it back when it is sent. One that finds none while it is being made gives
back what it has, waits for its turn, and is made anew: of those that have to wait for room one at a time is made, so
that no two halves of answers wait for each other.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from ..errors import ResourceExhausted
from ..stats.control_group import own_memory_limit

T = TypeVar("T")

_LARGEST = 32 << 20
# The part of the budget that large answers leave to small ones, and how small those are.
_RESERVE = 4
_SMALL = 64
# Seconds before its deadline at which a caller hears that there was no room.
_TO_TELL = 1.0


class _NoRoom(Exception):
    """Others hold the room that an answer needs."""


class AnswerBudget:
    """Room for answers of ``limit`` bytes in all.

    None for the limit is 32 MiB, or a quarter of what the control group of this process may use where that is less;
    it is looked up when the first answer is made. To be used in one event loop.

    ``spare`` is called while an answer waits for room: it may end one that is not taken by its caller, and says when,
    by the loop's clock, to ask it again; None for never.
    """

    def __init__(self, limit: int | None = None, spare: Callable[[], float | None] = lambda: None) -> None:
        self._limit = limit
        self._spare = spare
        self._lock = threading.Lock()  # of ``used`` and of what each room holds: answers are made in threads
        #: Bytes that are held now; by the last pieces made a little more than the limit at times.
        self.used = 0
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()

    @property
    def limit(self) -> int:
        """Bytes of all answers."""
        if self._limit is None:
            self._limit = min(_LARGEST, (own_memory_limit() or 4 * _LARGEST) // 4)
        return self._limit

    @contextmanager
    def room(self, seconds: float, *, lasting: bool = False) -> Iterator[AnswerRoom]:
        """The room of one answer, which is due in ``seconds``. It is given back at the end.

        ``lasting``: of one that has many parts, each of which waits so long for room.
        """
        room = AnswerRoom(self, max(seconds - _TO_TELL, seconds / 2), lasting)
        token = _room.set(room)
        try:
            yield room
        finally:
            # Closed in another task than it was opened in where a call ended early.
            if _room.get() is room:
                _room.reset(token)
            room.close()


class AnswerRoom:
    """What one answer holds of a budget; it is told when there is none in ``patience`` seconds.

    ``lasting``: from the beginning of each of its parts on.
    """

    def __init__(self, budget: AnswerBudget, patience: float, lasting: bool = False) -> None:
        self._budget = budget
        self._patience = patience
        self._lasting = lasting
        self._until = asyncio.get_running_loop().time() + patience
        self._held = 0
        self._closed = False
        self._has_turn = False

    @property
    def held(self) -> int:
        """Bytes that it holds."""
        return self._held

    def grow(self, size: int) -> None:
        """Hold ``size`` bytes more, or fewer; only within ``make``, in any thread.

        Raises ResourceExhausted for an answer that would be larger than the whole budget, and what ``make`` wants to
        hear when others hold the room.
        """
        budget = self._budget
        with budget._lock:
            # A thread may go on for a moment with an answer that is given up.
            if self._closed:
                return
            held = self._held + size
            if held > budget.limit:
                raise ResourceExhausted("bytes of an answer (ask for fewer lines)", budget.limit)
            if size > 0 and not self._has_turn and not self._fits(size):
                raise _NoRoom
            self._held = held
            budget.used += size

    async def make(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What ``attempt`` makes, which calls ``grow`` for each piece and awaits ``settle`` now and then.

        It is made again, in its turn, when others hold the room that it needs. Raises what ``attempt`` raises and
        ResourceExhausted when there is no room in time.
        """
        if self._lasting:
            self._until = asyncio.get_running_loop().time() + self._patience
        try:
            return await self._attempt(attempt)
        except _NoRoom:
            pass  # waited for below, where nothing of the attempt is left
        await self._in_time(self._budget._turn.acquire())
        self._has_turn = True
        try:
            return await self._attempt(attempt)
        finally:
            self._has_turn = False
            self._budget._turn.release()

    async def settle(self) -> None:
        """Go on when there is room for what was made so far; only within ``make``."""
        while self._has_turn and not self._fits(0):
            await self._free()

    async def keep(self, size: int) -> None:
        """Hold ``size`` bytes in all, of an answer that is made; raises as ``make`` does.

        It waits for room without holding any: what is made cannot be made anew.
        """
        more = size - self._held
        while more > 0 and self._budget.used + more > self._budget.limit:
            if size > self._budget.limit:
                raise ResourceExhausted("bytes of an answer (ask for less)", self._budget.limit, size)
            await self._free()
        with self._budget._lock:
            self._held += more
            self._budget.used += more

    def release(self, held: int) -> None:
        """Hold ``held`` bytes, which are not more than before: the rest was sent, or is not needed."""
        budget = self._budget
        with budget._lock:
            if self._closed or held >= self._held:
                return
            budget.used += held - self._held
            self._held = held
        self._tell()

    def close(self) -> None:
        """Give all back; may be called twice."""
        self._give_back()
        self._closed = True

    async def _attempt(self, attempt: Callable[[], Awaitable[T]]) -> T:
        try:
            made = await attempt()
            await self.settle()
        except BaseException:
            self._give_back()
            raise
        return made

    def _fits(self, more: int) -> bool:
        """Whether this answer may be so many bytes larger than it is."""
        limit, held, used = self._budget.limit, self._held + more, self._budget.used + more
        reserve = limit // _RESERVE
        if held <= limit // _SMALL or (self._has_turn and used - held <= reserve):
            return used <= limit
        return used <= limit - reserve

    def _give_back(self) -> None:
        budget = self._budget
        with budget._lock:
            budget.used -= self._held
            self._held = 0
        self._tell()

    def _tell(self) -> None:
        budget = self._budget
        freed, budget._freed = budget._freed, asyncio.Event()
        freed.set()

    async def _free(self) -> None:
        """Wait until some room was given back."""
        await self._in_time(self._freed_or_spared())

    async def _freed_or_spared(self) -> None:
        freed = self._budget._freed
        while not freed.is_set():
            try:
                async with asyncio.timeout_at(self._budget._spare()):
                    await freed.wait()
            except TimeoutError:
                # Which is not its deadline: that cancels this.
                continue

    async def _in_time(self, waiting: Awaitable[object]) -> None:
        try:
            async with asyncio.timeout_at(self._until):
                await waiting
        except TimeoutError:
            raise ResourceExhausted("bytes of all answers that are being made or sent", self._budget.limit) from None


_room: ContextVar[AnswerRoom | None] = ContextVar("corvo_answer_room", default=None)


def answer_room() -> AnswerRoom | None:
    """The room of the answer that is being made, None where nothing bounds it; tasks begun for it have the same."""
    return _room.get()
