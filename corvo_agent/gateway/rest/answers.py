"""The large answers of agents: no more of them in memory than there is room for, however slowly they are read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web

from ...clock import SYSTEM_CLOCK, Clock
from ...diagnostics.query import Payload
from ...errors import Unavailable
from .http import json_response, send_whole
from .transcode import LARGE, payload_json

# Seconds after which an answer that is not taken has to make room for another one.
_SPARED = 1.0


@dataclass(slots=True, eq=False)
class _Answer:
    """One that is being made or written; ``since`` when it was there or a part of it was taken last."""

    request: web.Request
    size: int
    since: float


class Answers:
    """The large answers of one gateway, of ``room`` bytes in all; one alone may be larger than that.

    One that finds no room takes that of the answer that has not been read for longest, if that is a second or more:
    its connection is cut off. While all are being read it is refused.
    """

    def __init__(self, room: int, clock: Clock = SYSTEM_CLOCK) -> None:
        self._room = room
        self._clock = clock
        # Least lately taken first.
        self._under_way: dict[_Answer, None] = {}
        self._making = asyncio.Lock()

    @property
    def held(self) -> int:
        """Bytes that are held now."""
        return sum(answer.size for answer in self._under_way)

    async def send(self, request: web.Request, payload: Payload) -> web.StreamResponse:
        """Answer with the JSON of ``payload``.

        Raises Unavailable when there is no room for it, and what ``payload_json`` raises.
        """
        if len(payload.value) < LARGE:
            return json_response(payload_json(payload))
        with self._place(request, len(payload.value)) as answer:
            # In a thread, because it takes long, and one at a time: while it is made it takes several times its size.
            async with self._making:
                body = await asyncio.to_thread(payload_json, payload)
            del payload
            answer.size = len(body)
            return await send_whole(request, (body,), taken=lambda: self._taken(answer))

    def _taken(self, answer: _Answer) -> None:
        # One that had to make room is cut off, and has no place any more.
        if answer in self._under_way:
            self._under_way.pop(answer)
            self._under_way[answer] = None
            answer.since = self._clock.monotonic()

    @contextmanager
    def _place(self, request: web.Request, size: int) -> Iterator[_Answer]:
        while self._under_way and self.held + size > self._room:
            self._spare_one()
        answer = _Answer(request, size, self._clock.monotonic())
        self._under_way[answer] = None
        try:
            yield answer
        finally:
            self._under_way.pop(answer, None)

    def _spare_one(self) -> None:
        idle = next(iter(self._under_way))
        if self._clock.monotonic() - idle.since < _SPARED:
            raise Unavailable("the gateway", "its memory is full of answers that wait for their readers")
        self._under_way.pop(idle)
        if idle.request.transport is not None:
            idle.request.transport.abort()
