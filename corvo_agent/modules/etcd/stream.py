"""The messages of one watch, as its connection brings them."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable

import aiohttp

from ...errors import Unavailable
from ..json.stream import JsonStream
from .causes import reason_of
from .errors import FailedAttempt
from .tap import tap
from .watch import WatchReader

# Bytes whose messages are taken in the turn of the loop in which they came, a millisecond's work at most.
_AT_ONCE = 4096


class Stream:
    """The messages of one watch. One task receives; any task may close."""

    def __init__(
        self, reader: WatchReader, response: aiohttp.ClientResponse, limit: int, forget: Callable[[Stream], None]
    ) -> None:
        self.reader = reader
        self._response = response
        self._content = response.content
        self._splitter = JsonStream(limit)
        self._forget = forget
        self._ready: list[bytes] = []
        self._closed = ""
        self._lost = False
        # What ``receive`` waits for: True when messages were left for it, False when it has to look for itself.
        self._woken: asyncio.Future[bool] | None = None
        self._take: Callable[[bytes], bool] | None = None
        # The connection may be an older one, made in the context of another caller.
        self._context = contextvars.copy_context()
        tap(response, self._take_at_once, self._came)

    async def confirmed(self) -> FailedAttempt | None:
        """Wait for etcd's word that the watch is on: None, or why it is not. Raises as ``receive``, DecodeError."""
        self._ready = await self._next(None)
        return self.reader.opened(self._ready.pop(0))

    async def receive(self, take: Callable[[bytes], bool] | None = None) -> list[bytes]:
        """The next messages, at least one.

        While this waits, small ones are given to ``take``, in the turn of the loop in which they come. When that
        returns False, what came behind its message is returned, which may be nothing; what it raises is raised.

        Raises Unavailable when the connection has ended or was closed, ResourceExhausted when a message is too long.
        May be cancelled; nothing is lost and the stream can be used afterwards.
        """
        if self._ready:
            ready, self._ready = self._ready, []
            return ready
        try:
            return await self._next(take)
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(self.reader.peer, self._closed or reason_of(error)) from error

    def close(self, reason: str = "the watch was closed") -> None:
        """Drop the connection; a task that waits in ``receive`` gets Unavailable. Idempotent, does not block."""
        self._closed = self._closed or reason
        self._response.close()
        self._came(0)
        self._forget(self)

    async def _next(self, take: Callable[[bytes], bool] | None) -> list[bytes]:
        # What the last bytes began may be too long already, and the next ones need not come.
        self._splitter.check()
        while not (messages := self._arrived()):
            self._woken, self._take = asyncio.get_running_loop().create_future(), take
            try:
                if await self._woken:
                    ready, self._ready = self._ready, []
                    return ready
            finally:
                self._woken = self._take = None
        return messages

    def _arrived(self) -> list[bytes]:
        """The messages that are whole by now. Raises when the stream has ended."""
        messages = self._splitter.feed(self._content.read_nowait())
        if messages or not (self._lost or self._content.at_eof()):
            return messages
        if messages := self._splitter.finish():
            return messages
        raise Unavailable(self.reader.peer, "the server ended the stream")

    def _came(self, size: int) -> None:
        """aiohttp has been given ``size`` bytes; 0 when the connection was lost or closed."""
        self._lost = self._lost or not size
        if self._woken is not None and not self._woken.done() and not (0 < size <= _AT_ONCE and self._take_at_once()):
            self._woken.set_result(False)

    def _take_at_once(self, body: bytes = b"") -> bool:
        """Have the messages taken that ``body`` brings, else what aiohttp was given; False: nothing waits for them."""
        # What was left for ``receive`` comes before this.
        if self._take is None or self._woken is None or self._woken.done() or len(body) > _AT_ONCE:
            return False
        self._context.run(self._give, body, self._take, self._woken)
        return True

    def _give(self, body: bytes, take: Callable[[bytes], bool], woken: asyncio.Future[bool]) -> None:
        try:
            messages = self._splitter.feed(body) if body else self._arrived()
            for index, message in enumerate(messages):
                large = len(message) > _AT_ONCE
                if large or not take(message):
                    self._ready = messages[index + (not large) :]
                    if not woken.done():
                        woken.set_result(True)
                    return
        except Exception as error:
            if not woken.done():
                woken.set_exception(error)
