"""One stream a client for all that it looks at: subscriptions in, lines of JSON out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import orjson
from aiohttp import web

from ....modules.names import API_PATH
from ....timestamps import format_millis
from ...multiplex.multiplexer import Multiplexer
from ...objects.body import read_object
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...subscriptions.logs import LogsSubscription
from ..connection import pauses_allowed
from ..http import guarded, read_body, send
from ..limits import ALIVE


class MultiplexViews:
    """The subscriptions of ``multiplexer`` over REST; after ``alive`` seconds of silence a stream says so."""

    def __init__(self, api: ModuleApi, multiplexer: Multiplexer, alive: float = ALIVE) -> None:
        self._api = api
        self._multiplexer = multiplexer
        self._alive = alive

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        return [web.post(f"{API_PATH}/watch", guarded(self.watch, Action.READ))]

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """POST watch: what is wrong with any of the subscriptions refuses the request; what happens later is a line."""
        subscriptions = self._multiplexer.subscriptions(read_object(await read_body(request)))
        await self._api.ready()
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
        async with self._multiplexer.stream(subscriptions) as outbox:
            await response.prepare(request)
            # A person reads logs page by page: nothing more is made meanwhile. Of all else only the last state counts.
            follows = any(isinstance(each, LogsSubscription) for each in subscriptions.values())
            with pauses_allowed(request) if follows else nullcontext():
                while lines := await self._next(outbox.take):
                    if not await send(request, response, lines, None):
                        break
        return response

    async def _next(self, take: Callable[[], Awaitable[bytes]]) -> bytes:
        try:
            async with asyncio.timeout(self._alive):
                return await take()
        except TimeoutError:
            staleness = round(self._api.cache.staleness(), 3)
            now = format_millis(self._api.clock.time_ns())
            return orjson.dumps({"type": "alive", "time": now, "staleness": staleness}) + b"\n"
