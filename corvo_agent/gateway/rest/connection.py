"""One HTTP connection to the gateway, with the bounds that aiohttp leaves open.

aiohttp waits an hour for the first request and for the rest of a header, and takes any number of connections.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from ...access.caller import Caller
from ...log_thinning import ThinningFilter
from ..objects.errors import unreadable
from .http import failure_response

_log = logging.getLogger(__name__)
# What cannot be read comes from strangers, as often as they like.
_log.addFilter(ThinningFilter())
# Connections that one more looks at for one to push out: it must not take long while thousands are busy.
_LOOKED_AT = 64
# Bytes of the first line of a request: the places of a thousand followed logs are in an address.
_MAX_LINE = 1 << 16
# Characters of what was wrong with a request that are told to its sender.
_TOLD = 200


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What the REST listener allows; times are seconds.

    ``connections`` at once (fewer where the process may not open twice as many files; one more pushes out one that has
    no request, or is refused when none is found); ``header_timeout`` for the TLS handshake, for the first request's
    header and for the rest of one that has begun; ``idle_timeout`` between requests; ``stall_timeout`` in which the
    reader of an answer has to take some of it, followed logs excepted; ``answer_bytes`` of agents' large answers in
    memory at once; ``recheck`` between two looks at whether the token of a stream still gives the same rights.
    """

    # The watchers that WatchLimits allows, and a thousand callers besides.
    connections: int = 6_000
    header_timeout: float = 10.0
    idle_timeout: float = 75.0
    stall_timeout: float = 60.0
    # Some of the longest that there are, within a small container.
    answer_bytes: int = 32 << 20
    recheck: float = 15.0


class HttpConnections:
    """The open connections of one listener; ``make_room`` closes one that has no request."""

    def __init__(self) -> None:
        # In the order in which they were last heard of, roughly: a second chance for those found busy.
        self._open: dict[GuardedHandler, None] = {}
        self.refused = 0

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[GuardedHandler]:
        return iter(tuple(self._open))

    def touch(self, connection: GuardedHandler) -> None:
        """It is new, or said something."""
        self._open.pop(connection, None)
        self._open[connection] = None

    def remove(self, connection: GuardedHandler) -> None:
        """It is closed."""
        self._open.pop(connection, None)

    def make_room(self) -> bool:
        """Close one that has been without a request for long; False when none of those looked at is."""
        for _ in range(min(_LOOKED_AT, len(self._open))):
            oldest = next(iter(self._open))
            if not oldest.busy:
                self._open.pop(oldest)
                oldest.force_close()
                return True
            self.touch(oldest)
        return False


class GuardedHandler(web.RequestHandler):
    """aiohttp's side of one connection of ``server``, plus its bounds."""

    def __init__(self, server: web.Server, limits: HttpLimits, connections: HttpConnections) -> None:
        loop = asyncio.get_running_loop()
        no_log: Any = None
        super().__init__(
            server,
            loop=loop,
            access_log=no_log,
            keepalive_timeout=limits.idle_timeout,
            logger=_log,
            debug=False,
            max_line_size=_MAX_LINE,
            # Views do that, see request_coding.
            auto_decompress=False,
        )
        self._limits = limits
        self._connections = connections
        self._header_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        # Bytes that waited for the reader when it was looked after last.
        self._waiting = 0
        #: Whether the reader of the present answer may take nothing for as long as it likes.
        self.patient = False
        #: Whose it is, once that was looked up.
        self.caller: Caller | None = None

    @property
    def busy(self) -> bool:
        """Whether a request is being answered, or waits to be."""
        return self._request_in_progress or bool(self._messages)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request from now on; part of asyncio's Protocol."""
        super().connection_made(transport)
        self._connections.touch(self)
        self._expect_header()

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request; part of asyncio's Protocol."""
        self._connections.touch(self)
        super().data_received(data)
        if self.busy:
            self._stop_timer()
        elif self._header_timer is None:
            self._expect_header()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget it; part of asyncio's Protocol."""
        self._stop_timer()
        self._stop_stall_timer()
        self._connections.remove(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The reader does not take as fast as there is: see that it takes something; part of asyncio's Protocol."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """The reader has taken most of it; part of asyncio's Protocol."""
        super().resume_writing()
        self._stop_stall_timer()

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """One line without a traceback for what a caller did wrong; aiohttp logs both as faults."""
        error = kw.get("exc_info")
        if isinstance(error, (HttpProcessingError, web.RequestPayloadError)):
            _log.info("a request cannot be read: %s", " ".join(str(error).split())[:200])
        else:
            super().log_exception(*args, **kw)

    def handle_error(
        self, request: Any, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What is answered to a request that cannot be read, in the form of every other failure; aiohttp sends text."""
        super().handle_error(request, status, exc, message)
        # Of a fault of ours no caller is told more; of what the caller sent, its own words tell which was wrong.
        told = " ".join(str(message or "").split())[:_TOLD] if status < HTTPStatus.INTERNAL_SERVER_ERROR else ""
        found = failure_response(unreadable(status, told))
        # As aiohttp does: where the next request begins is not known.
        found.force_close()
        return found

    def _expect_header(self) -> None:
        self._header_timer = asyncio.get_running_loop().call_later(self._limits.header_timeout, self._give_up)

    def _stop_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _give_up(self) -> None:
        self._header_timer = None
        if not self.busy:
            self.force_close()

    def _watch_reader(self) -> None:
        if self.transport is not None:
            self._waiting = self.transport.get_write_buffer_size()
            timeout = self._limits.stall_timeout
            self._stall_timer = asyncio.get_running_loop().call_later(timeout, self._look_after_reader)

    def _look_after_reader(self) -> None:
        transport = self.transport
        if transport is None:
            return
        if self.patient or transport.get_write_buffer_size() < self._waiting:
            self._watch_reader()
        else:
            # Not closed: that would keep what waits for the reader until it is taken.
            transport.abort()

    def _stop_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None


@contextmanager
def pauses_allowed(request: web.Request) -> Iterator[None]:
    """In here the reader of this request's answer may take nothing for as long as it likes."""
    connection = request.protocol
    if isinstance(connection, GuardedHandler):
        connection.patient = True
    try:
        yield
    finally:
        if isinstance(connection, GuardedHandler):
            connection.patient = False
