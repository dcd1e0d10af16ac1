"""Which handler answers which query, and each handler's life: started once, stopped once, and not amid an answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from ..errors import CorvoError, DeadlineExceeded, InvalidArgument, InvalidQuery, Unavailable, shorten
from .handler import QueryHandler

_log = logging.getLogger(__name__)


class HandlerSlot:
    """One registered handler. It is started when first needed; answers under way are let out before it is stopped."""

    def __init__(self, query: str, handler: QueryHandler, timeout: float | None, step_timeout: float) -> None:
        self.query = query
        self.handler = handler
        self.timeout = timeout
        self._step_timeout = step_timeout
        # A task of its own: a caller that goes away in the midst of the first query must not take the start along.
        self._start: asyncio.Task[None] | None = None
        self._stopped = False
        self._failure: CorvoError | None = None
        self._users = 0
        self._unused = asyncio.Event()
        self._unused.set()

    def __repr__(self) -> str:
        return f"<HandlerSlot {self.query} {type(self.handler).__name__} users={self._users}>"

    @property
    def started(self) -> bool:
        """Whether its handler's ``start`` was called."""
        return self._start is not None

    @property
    def stopped(self) -> bool:
        """Whether it is over, and ``renewed`` has to take its place."""
        return self._stopped

    def renewed(self) -> HandlerSlot:
        """A slot for another life of the same handler."""
        return HandlerSlot(self.query, self.handler, self.timeout, self._step_timeout)

    async def start(self) -> None:
        """Start the handler unless it was before; what that raises is kept and raised for each query."""
        if self._start is None:
            if self._stopped:
                return
            self._start = asyncio.get_running_loop().create_task(self._start_handler(), name=f"start {self.query}")
        await asyncio.shield(self._start)

    async def _start_handler(self) -> None:
        try:
            async with asyncio.timeout(self._step_timeout):
                await self.handler.start()
        except TimeoutError:
            self._failure = DeadlineExceeded(f"handler of {self.query}", self._step_timeout)
        except CorvoError as error:
            self._failure = error
        except Exception as error:
            _log.exception("handler of %s does not start", self.query)
            self._failure = Unavailable(f"handler of {self.query}", f"{type(error).__name__}: {error}")

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[QueryHandler]:
        """The started handler for one answer. Raises what its start raised, or Unavailable once it is stopped."""
        await self.start()
        if self._failure is not None:
            raise self._failure
        if self._stopped:
            raise Unavailable(f"handler of {self.query}", "it is stopped")
        self._users += 1
        self._unused.clear()
        try:
            yield self.handler
        finally:
            self._users -= 1
            if not self._users:
                self._unused.set()

    async def stop(self) -> None:
        """Stop the handler if it was started, once; waits for answers under way, but not for ever."""
        if self._stopped:
            return
        self._stopped = True
        if self._start is None:
            return
        await self._start
        try:
            async with asyncio.timeout(self._step_timeout):
                await self._unused.wait()
        except TimeoutError:
            _log.warning("handler of %s is stopped in the midst of %d answers", self.query, self._users)
        try:
            async with asyncio.timeout(self._step_timeout):
                await self.handler.stop()
        except TimeoutError:
            _log.error("handler of %s does not stop within %g s", self.query, self._step_timeout)
        except Exception:
            _log.exception("handler of %s does not stop cleanly", self.query)


class HandlerRegistry:
    """Query -> handler; queries are compared without regard to case.

    ``step_timeout`` bounds each start and each stop of a handler, in seconds.
    """

    def __init__(self, step_timeout: float = 5.0) -> None:
        self._step_timeout = step_timeout
        self._slots: dict[str, HandlerSlot] = {}
        self._retiring: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<HandlerRegistry {' '.join(self.queries)}>"

    @property
    def queries(self) -> tuple[str, ...]:
        """The registered queries as they were written, sorted."""
        return tuple(sorted(slot.query for slot in self._slots.values()))

    def register(self, query: str, handler: QueryHandler, *, timeout: float | None = None) -> None:
        """Let ``handler`` answer ``query``; one that did so before is stopped.

        ``timeout`` bounds its answers in seconds where the caller sets no deadline, instead of the service's default.
        Raises InvalidArgument for an empty query or an object that is no handler.
        """
        if not query:
            raise InvalidArgument("query", query, "it has no name")
        if not isinstance(handler, QueryHandler):
            raise InvalidArgument("handler", handler, "it has no start, stop and handle")
        self._retire(self._slots.get(query.casefold()))
        self._slots[query.casefold()] = HandlerSlot(query, handler, timeout, self._step_timeout)

    def unregister(self, query: str) -> None:
        """Stop the handler of ``query`` and forget it; nothing happens when there is none."""
        self._retire(self._slots.pop(query.casefold(), None))

    def lookup(self, query: str) -> HandlerSlot:
        """The slot of ``query``; InvalidQuery when nobody answers it."""
        slot = self._slots.get(query.casefold())
        if slot is None:
            raise InvalidQuery(f"unknown query: {shorten(query)}")
        return slot

    async def start(self) -> None:
        """Start every handler, side by side, also those that were stopped.

        One that fails does not hold up the rest: its queries say why.
        """
        self._slots = {key: slot.renewed() if slot.stopped else slot for key, slot in self._slots.items()}
        await asyncio.gather(*(slot.start() for slot in self._slots.values()))

    async def aclose(self) -> None:
        """Stop every handler, those that were replaced too; bounded by twice the step timeout.

        They stay registered: until the next ``start`` their queries are told that they are stopped.
        """
        await asyncio.gather(*(slot.stop() for slot in self._slots.values()), *self._retiring)

    def _retire(self, slot: HandlerSlot | None) -> None:
        # register() is not a coroutine, so that wiring reads like wiring. Without a running loop nothing was
        # started yet, and there is nothing to stop.
        if slot is None or not slot.started:
            return
        task = asyncio.get_running_loop().create_task(slot.stop(), name=f"stop handler of {slot.query}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
