"""Asking a peer that may be one of the original: it knows queries in lower case only, and nothing that goes on."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from ...clock import Clock
from ...errors import DeadlineExceeded, RemoteError
from ...timestamps import format_rfc3339
from ..messages.payloads import LOGS, check_type, decode_logs, logs_payload
from ..query import DebugQuery, Payload

if TYPE_CHECKING:
    from .peer_log import PeerLog

Call = Callable[[DebugQuery], Awaitable[Payload]]
Stream = Callable[[DebugQuery], AsyncGenerator[Payload, None]]

_LOG = "log"


class Asker:
    """Asks the peer at ``address`` by ``call`` and ``stream``, which send a query as it is written.

    A query that the peer does not know is sent once more in lower case. The parameters of a log that such a peer does
    not know are then followed here, and one that cannot be followed is asked again every ``poll`` seconds, for
    ``timeout`` seconds each time.
    """

    def __init__(self, address: str, call: Call, stream: Stream, *, timeout: float, poll: float, clock: Clock) -> None:
        self._address = address
        self._call = call
        self._stream = stream
        self._timeout = timeout
        self._poll = poll
        self._clock = clock
        # Whether the peer has shown that it tells capitals from small letters. It may be replaced by one that does
        # not, which knows small letters too.
        self._exact = False

    async def ask(self, query: DebugQuery) -> Payload:
        """The answer; in one ``query.timeout``, however often it takes to ask."""
        return await self._ask(query, self._call_log if query.query.lower() == _LOG else self._call)

    async def follow(self, query: DebugQuery) -> AsyncGenerator[Payload, None]:
        """The answers for as long as there are some, ``query.timeout`` seconds at most."""
        told = False
        refused: dict[str, RemoteError] = {}
        for asked in self._spellings(query):
            try:
                async with aclosing(self._stream(asked)) as answers:
                    async for payload in answers:
                        told = True
                        yield payload
                return
            except RemoteError as error:
                # What has begun cannot be begun in another way.
                if told:
                    raise
                if _has_no_stream(error, asked):
                    break
                if not _is_unknown(error, asked):
                    raise
                refused[asked.query] = error
        else:
            raise refused[query.query]
        async with aclosing(self._ask_again_and_again(query)) as polled:
            async for payload in polled:
                yield payload

    def _spellings(self, query: DebugQuery) -> Sequence[DebugQuery]:
        lower = replace(query, query=query.query.lower())
        if lower == query:
            return (query,)
        return (lower, query) if self._exact else (query, lower)

    async def _ask(self, query: DebugQuery, ask_exact: Call) -> Payload:
        """The answer, by ``ask_exact`` where the peer knows the query in lower case only."""
        ends = None if query.timeout is None else self._clock.monotonic() + query.timeout
        refused: dict[str, RemoteError] = {}
        for asked in self._spellings(query):
            exact = asked.query != query.query
            # Of the time that the caller gives, as much as the first try has left.
            again = replace(asked, timeout=self._left(query, ends)) if refused else asked
            try:
                answer = await (ask_exact if exact else self._call)(again)
            except RemoteError as error:
                if not _is_unknown(error, asked):
                    raise
                refused[asked.query] = error
            except DeadlineExceeded:
                raise DeadlineExceeded(self._address, query.timeout or 0.0) from None
            else:
                self._exact = self._exact or exact
                return answer
        raise refused[query.query]

    async def _call_log(self, query: DebugQuery) -> Payload:
        log = await self._log(query)
        payload = await self._call(replace(query, parameters=log.parameters))
        if not log.filters:
            return payload
        return await asyncio.to_thread(lambda: logs_payload(log.answer(decode_logs(check_type(payload, LOGS)))))

    async def _ask_again_and_again(self, query: DebugQuery) -> AsyncGenerator[Payload, None]:
        from .polled_log import PolledLog

        log = await self._log(query)
        polled = PolledLog(log.lines, self._address)
        ends = None if query.timeout is None else self._clock.monotonic() + query.timeout
        first: deque[dict[str, str]] | None = deque(maxlen=log.lines)
        while True:
            today = query.parameters.get("day") or format_rfc3339(self._clock.time_ns())[:10]
            left = self._left(query, ends)
            asked = replace(
                query,
                parameters={**log.parameters, **polled.parameters(today)},
                timeout=self._timeout if left is None else min(self._timeout, left),
            )
            payload = await self._ask(asked, self._call)
            records = await asyncio.to_thread(lambda answer: decode_logs(check_type(answer, LOGS)), payload)
            news = await asyncio.to_thread(lambda found: log.select(polled.take(found)), records)
            if first is not None:
                first.extend(news)
                # The newest of all that there is, not of the first page.
                if not polled.behind:
                    yield logs_payload(first)
                    first = None
            elif news:
                yield logs_payload(news)
            if not polled.behind:
                await self._clock.sleep(self._poll)

    async def _log(self, query: DebugQuery) -> PeerLog:
        # Late, because it brings RE2, for which no other query is to wait.
        from .peer_log import PeerLog

        return await asyncio.to_thread(PeerLog, query.parameters, self._address, now=self._clock.time_ns())

    def _left(self, query: DebugQuery, ends: float | None) -> float | None:
        if ends is None or query.timeout is None:
            return None
        left = ends - self._clock.monotonic()
        if left <= 0:
            raise DeadlineExceeded(self._address, query.timeout)
        return left


def _is_unknown(error: RemoteError, query: DebugQuery) -> bool:
    """Whether the peer knows no such query: the original says so in these words only, under the code of all else."""
    return error.code == "UNKNOWN" and error.message == f"unknown query: {query.query}"


def _has_no_stream(error: RemoteError, query: DebugQuery) -> bool:
    """Whether the peer cannot be followed; only a log can be put together from answers."""
    return error.code == "UNIMPLEMENTED" and query.query.lower() == _LOG
