"""The large answers of agents: no more of them in memory than there is room for, however slowly they are read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TypeVar

from aiohttp import web

from ...clock import SYSTEM_CLOCK, Clock
from ...diagnostics.client.reply_budget import replies_kept
from ...diagnostics.query import Payload
from ...errors import ResourceExhausted, Unavailable
from .http import json_response, send_whole
from .transcode import LARGE, payload_json

T = TypeVar("T")

# Seconds after which a reader that takes nothing has to make room for another answer.
_SPARED = 1.0
# Those that an answer waits for room at most.
_PATIENCE = 10.0


class Reader:
    """One caller whose large answers are held until it has taken them; ``cut`` ends its connection."""

    def __init__(self, answers: Answers, cut: Callable[[], object]) -> None:
        self._answers = answers
        self._cut = cut
        #: Bytes that are held for it.
        self.held = 0
        #: When it was offered something to take, or took a part of that last; None while nothing is offered.
        self.since: float | None = None
        #: Whether it had to make room: what is left of its answers goes in a moment.
        self.ended = False

    def offered(self) -> None:
        """Something is there for it to take."""
        self._answers.offer(self)

    def taken(self) -> None:
        """It has taken some of it."""
        self._answers.offer(self)

    def rest(self) -> None:
        """It has taken all that there is."""
        self._answers.withdraw(self)

    @contextmanager
    def offering(self) -> Iterator[None]:
        """In here it is sent something."""
        self.offered()
        try:
            yield
        finally:
            self.rest()

    async def hold(self, size: int) -> AbstractContextManager[Callable[[int], None]]:
        """Room for ``size`` bytes until the end of what this returns.

        That gives a function which changes the number, once it is known better. Raises Unavailable when there is no
        room in time.
        """
        await self._answers.wait_for_room(size)
        self._answers.grow(self, size)
        return self._held(size)

    async def keep(self, size: int, patience: float) -> AbstractContextManager[object]:
        """The same for one of several answers that are held until all of them are there.

        Raises ResourceExhausted where they are larger together than all that there is, and when there is no room in
        ``patience`` seconds.
        """
        self._answers.check(self, size)
        try:
            await self._answers.wait_for_room(size, patience)
        except Unavailable:
            raise ResourceExhausted("bytes of answers of the gateway", self._answers.room) from None
        # Others of the same caller may have come meanwhile.
        self._answers.check(self, size)
        self._answers.grow(self, size)
        return self._held(size)

    @contextmanager
    def _held(self, size: int) -> Iterator[Callable[[int], None]]:
        def resize(better: int) -> None:
            nonlocal size
            self._answers.grow(self, better - size)
            size = better

        try:
            yield resize
        finally:
            self._answers.grow(self, -size)

    def end(self) -> None:
        """Others need its room: end its connection."""
        self.ended = True
        self._cut()


class Answers:
    """The large answers of one gateway, of ``room`` bytes in all; one alone may be larger than that.

    One that finds no room takes that of the reader that has taken nothing for longest, if that is a second or more:
    its connection is cut off. While all are reading it waits, and is refused after ten seconds.
    """

    def __init__(self, room: int, clock: Clock = SYSTEM_CLOCK) -> None:
        #: Bytes of all of them.
        self.room = room
        self._clock = clock
        # Those who are offered something, least lately taken first.
        self._offered: dict[Reader, None] = {}
        self._making = asyncio.Lock()
        self._freed = asyncio.Event()
        #: Bytes that are held now.
        self.held = 0

    def reader(self, cut: Callable[[], object]) -> Reader:
        """A caller that large answers are for."""
        return Reader(self, cut)

    def reader_of(self, request: web.Request) -> Reader:
        """The caller of a request; its connection is cut off where it has to make room."""

        def cut() -> None:
            # Not closed: that would keep what waits for the reader until it is taken.
            if request.transport is not None:
                request.transport.abort()

        return self.reader(cut)

    async def send(
        self, request: web.Request, asked: Awaitable[Payload], write: Callable[[Payload], bytes] = payload_json
    ) -> web.StreamResponse:
        """Answer with the JSON that ``write`` makes of the payload that ``asked`` gives.

        Raises Unavailable when there is no room for it, and what ``asked`` and ``write`` raise.
        """
        reader = self.reader_of(request)
        with replies_kept() as received:
            payload = await asked
            if len(payload.value) < LARGE:
                return json_response(write(payload))
            with await reader.hold(len(payload.value)) as resize:
                received.close()
                # Nothing but ``body`` is to be held while it is read.
                body = await self.make(partial(write, payload))
                del payload
                resize(len(body))
                with reader.offering():
                    return await send_whole(request, (body,), taken=reader.taken)

    async def make(self, make: Callable[[], T]) -> T:
        """What ``make`` makes of a large answer, which it may hold several times while it does."""
        # In a thread, because it takes long, and one at a time.
        async with self._making:
            return await asyncio.to_thread(make)

    def offer(self, reader: Reader) -> None:
        """``reader`` is sent something, or has taken some of it."""
        # One that had to make room has no place any more.
        if reader.ended:
            return
        self._offered.pop(reader, None)
        self._offered[reader] = None
        reader.since = self._clock.monotonic()

    def withdraw(self, reader: Reader) -> None:
        """Nothing is sent to ``reader`` now."""
        self._offered.pop(reader, None)
        reader.since = None

    def grow(self, reader: Reader, size: int) -> None:
        """So many bytes more, or fewer, are held for ``reader``."""
        if reader.ended:
            return
        reader.held += size
        self.held += size
        if size < 0:
            freed, self._freed = self._freed, asyncio.Event()
            freed.set()

    def check(self, reader: Reader, size: int) -> None:
        """Raise ResourceExhausted where ``reader`` would keep more than there is, with ``size`` bytes more."""
        if reader.held and reader.held + size > self.room:
            raise ResourceExhausted("bytes of answers that one request merges", self.room, reader.held + size)

    async def wait_for_room(self, size: int, patience: float = _PATIENCE) -> None:
        """Return when there is room for ``size`` bytes; raises Unavailable when there is none in ``patience`` s."""
        until = self._clock.monotonic() + patience
        while self.held and self.held + size > self.room:
            now = self._clock.monotonic()
            if now >= until:
                raise Unavailable("the gateway", "its memory is full of answers that wait for their readers")
            idle = next((each for each in self._offered if each.held), None)
            spared = until if idle is None or idle.since is None else idle.since + _SPARED
            if idle is not None and now >= spared:
                self.grow(idle, -idle.held)
                self.withdraw(idle)
                idle.end()
                continue
            await self._something(min(until, spared) - now)

    async def _something(self, seconds: float) -> None:
        """Wait until room was given back, or for ``seconds``."""
        freed = asyncio.ensure_future(self._freed.wait())
        passed = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((freed, passed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            freed.cancel()
            passed.cancel()
            await asyncio.wait((freed, passed))
