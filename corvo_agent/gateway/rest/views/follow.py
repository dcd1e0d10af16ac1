"""Following a Module's log over HTTP: one JSON record a line, or Server-Sent Events."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing

import orjson
from aiohttp import web

from ....diagnostics.messages.payloads import LOGS, check_type, decode_logs
from ....diagnostics.query import DebugQuery, Payload
from ....errors import CorvoError
from ....modules.names import API_PATH
from ....tasks import end_task
from ...objects.errors import Action, failure
from ...objects.module_api import ModuleApi
from ...routing.router import Router
from ..connection import pauses_allowed
from ..http import guarded, send
from ..limits import ALIVE

_log = logging.getLogger(__name__)
#: Seconds that the status of the answer waits for the first record or the first error.
_FIRST = 1.0
# Batches that wait for a slow reader; then the agent is not read on, and says itself what it had to drop.
_WAITING = 4

_Item = Payload | CorvoError | None


class FollowViews:
    """Followed logs over REST, as lines of JSON or Server-Sent Events, through ``router``."""

    def __init__(self, api: ModuleApi, router: Router) -> None:
        self._api = api
        self._router = router

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        path = f"{API_PATH}/watch/modules/{{name}}/logs"
        return [web.get(path, guarded(self.follow, Action.DEBUG), allow_head=False)]

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """GET watch/modules/NAME/logs: the parameters of the Log query, as the query of the URL.

        Events when the caller accepts ``text/event-stream``, lines otherwise. What fails before the first record
        has a status of its own; later it is the last line.
        """
        await self._api.ready()
        query = DebugQuery("Log", dict(request.query), request.match_info["name"])
        items: asyncio.Queue[_Item] = asyncio.Queue(_WAITING)
        pump = asyncio.create_task(self._pump(query, items), name="corvo-follow")
        try:
            # A person reads page by page: the agent is not read on meanwhile, and tells what it had to leave out.
            with pauses_allowed(request):
                return await _write(request, items)
        finally:
            await end_task(pump)

    async def _pump(self, query: DebugQuery, items: asyncio.Queue[_Item]) -> None:
        try:
            async with aclosing(self._router.stream(query)) as answers:
                async for payload in answers:
                    await items.put(payload)
        except CorvoError as error:
            await items.put(error)
        except Exception as error:
            # A fault of ours; the reader hears of it, too, rather than wait for what never comes.
            _log.exception("following the log of %s failed", query.name)
            await items.put(CorvoError(f"{type(error).__name__}: {error}"))
        else:
            await items.put(None)


async def _write(request: web.Request, items: asyncio.Queue[_Item]) -> web.StreamResponse:
    events = "text/event-stream" in request.headers.get("Accept", "")
    head, tail = (b"data: ", b"\n\n") if events else (b"", b"\n")
    item = await _next(items, _FIRST)
    if isinstance(item, CorvoError):
        raise item
    content_type = "text/event-stream" if events else "application/x-ndjson"
    response = web.StreamResponse(headers={"Content-Type": content_type, "Cache-Control": "no-store"})
    await response.prepare(request)
    while item is not None:
        chunk = b"" if item is _SILENCE else b"".join(head + line + tail for line in _lines(item, request))
        if item is _SILENCE and events:
            chunk = b": still here\n\n"
        if not await send(request, response, chunk, None) or isinstance(item, CorvoError):
            break
        item = await _next(items, ALIVE)
    return response


_SILENCE = Payload()


async def _next(items: asyncio.Queue[_Item], seconds: float) -> _Item:
    try:
        async with asyncio.timeout(seconds):
            return await items.get()
    except TimeoutError:
        return _SILENCE


def _lines(item: Payload | CorvoError, request: web.Request) -> list[bytes]:
    name = request.match_info["name"]
    try:
        if isinstance(item, CorvoError):
            raise item
        return [orjson.dumps({"log": record}) for record in decode_logs(check_type(item, LOGS))]
    except CorvoError as error:
        return [orjson.dumps({"error": failure(error, Action.DEBUG, name).body()})]
