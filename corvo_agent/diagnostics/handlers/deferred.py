"""A handler that is made when the first query comes, in a thread: what it imports takes time and memory until then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import cast

from betterproto import Message

from ...threads import in_thread
from ..handler import StreamingHandler
from ..query import DebugQuery, Payload


class DeferredHandler:
    """The handler that ``make`` returns, made and started by the first query.

    What ``make`` raises, that query raises, and the next one tries again: check before what can be checked.
    """

    def __init__(self, make: Callable[[], StreamingHandler]) -> None:
        self._make = make
        self._handler: StreamingHandler | None = None
        self._making = asyncio.Lock()

    async def start(self) -> None:
        """Nothing; see the class."""

    async def stop(self) -> None:
        """Stop the handler if there is one."""
        handler, self._handler = self._handler, None
        if handler is not None:
            await handler.stop()

    async def handle(self, query: DebugQuery) -> Payload | Message:
        """What the handler answers."""
        return await (await self._made()).handle(query)

    async def stream(self, query: DebugQuery) -> AsyncGenerator[Payload | Message]:
        """What the handler answers."""
        handler = await self._made()
        async with aclosing(cast("AsyncGenerator[Payload | Message]", handler.stream(query))) as batches:
            async for batch in batches:
                yield batch

    async def _made(self) -> StreamingHandler:
        async with self._making:
            if self._handler is None:
                handler = await in_thread(self._make, "corvo-make-handler")
                await handler.start()
                self._handler = handler
            return self._handler
