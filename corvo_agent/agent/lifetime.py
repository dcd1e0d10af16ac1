"""Parts that are opened in order and closed in reverse, all of them, within one bound, whatever each of them does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self, TypeVar

_log = logging.getLogger(__name__)

# What a part gets at least to close, in seconds, when those before it have used up the time.
_LEAST = 0.2


class Part(Protocol):
    """Something with a life."""

    async def __aenter__(self) -> Self:
        """Open."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> object:
        """Close."""
        ...


P = TypeVar("P", bound=Part)


class Lifetime:
    """The open parts of one thing.

    ``aclose`` closes the last one first and takes ``timeout`` seconds altogether, plus a fifth of a second for each
    part that found none left. A part that fails or takes too long is logged and does not keep the others open.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._closers: list[tuple[str, Callable[[], Awaitable[object]]]] = []
        self._closing: asyncio.Task[None] | None = None

    @property
    def closed(self) -> bool:
        """Whether it is over, or about to be."""
        return self._closing is not None

    async def open(self, part: P) -> P:
        """Enter ``part`` and close it later. Raises what entering raises."""
        await part.__aenter__()
        self.on_close(type(part).__name__, lambda: part.__aexit__(None, None, None))
        return part

    def on_close(self, name: str, close: Callable[[], Awaitable[object]]) -> None:
        """Call ``close`` when it is its turn; ``name`` is for the log."""
        self._closers.append((name, close))

    async def aclose(self) -> None:
        """Close everything; may be called again. Cancelled, it still closes everything before it says so."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="corvo-close")
        try:
            await asyncio.shield(self._closing)
        except asyncio.CancelledError:
            await asyncio.wait({self._closing})
            raise

    async def _close(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        while self._closers:
            name, close = self._closers.pop()
            try:
                async with asyncio.timeout(max(_LEAST, deadline - loop.time())):
                    await close()
            except TimeoutError:
                _log.warning("%s was cut off: stopping takes longer than %g s", name, self._timeout)
            except Exception:
                _log.exception("%s did not close cleanly", name)
