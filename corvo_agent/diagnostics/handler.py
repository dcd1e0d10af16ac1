"""The plug for queries: what the service asks of a handler."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable

from betterproto import Message

from .query import DebugQuery, Payload


@runtime_checkable
class QueryHandler(Protocol):
    """Answers one query (Log, Stats, Profile, Action or a name of your own).

    ``start`` and ``stop`` are called once each by the service; ``stop`` also when the handler is replaced.
    """

    async def start(self) -> None:
        """Get ready; may raise, the service then says so for each query of this handler."""
        ...

    async def stop(self) -> None:
        """Release what ``start`` took; bounded in time by the caller."""
        ...

    async def handle(self, query: DebugQuery) -> Payload | Message:
        """Answer, with a Payload or with any betterproto message (see ``payload_of``).

        Raises a CorvoError for whatever the caller should hear; is cancelled at the caller's deadline.
        """
        ...


@runtime_checkable
class StreamingHandler(QueryHandler, Protocol):
    """A handler that can also answer for as long as the caller listens (``DebugStream``)."""

    def stream(self, query: DebugQuery) -> AsyncIterator[Payload | Message]:
        """Batches of answers until the caller goes away; an async generator, closed by the service."""
        ...
