"""REST watch of Modules: chunked lines of JSON, or the text frames of a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from operator import attrgetter

from aiohttp import HttpVersion11, WSCloseCode, WSMsgType, web

from ....errors import Compacted, CorvoError, Unavailable
from ....modules.names import API_PATH
from ....modules.selectors.list_options import flag, parse_options
from ....tasks import end_task
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...watching.events import EventBatch
from ...watching.subscription import Shortcut, Subscription
from ...watching.watch_hub import PATIENCE, expired_text
from ..bookmarks import Bookmarks
from ..http import guarded, send, stream_error

#: Seconds without a sign of life after which a WebSocket is pinged, and half of them after which it is given up.
_HEARTBEAT = 30.0
#: Seconds in which a WebSocket has to answer that it is closed.
_GOODBYE = 1.0
#: Bytes that may wait at a connection before its writer has to wait for them to leave.
_AT_ONCE = 64 << 10


class WatchViews:
    """Handlers over ``api``; a watcher has ``patience`` seconds to take what is written to it.

    One that asks for bookmarks gets one after each ``period`` seconds without an event; 0 stands for none at all.
    """

    def __init__(self, api: ModuleApi, patience: float = PATIENCE, *, period: float = 0.0) -> None:
        self._api = api
        self._patience = patience
        self._period = period

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        return [web.get(f"{API_PATH}/watch/modules", guarded(self.watch, Action.READ), allow_head=False)]

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """GET watch/modules."""
        options = parse_options(request.query.items())
        # A malformed version and a bad selector are told before the stream begins: after that the status is sent.
        options.version()
        options.selection()
        period = self._period if flag("bookmarks", request.query.get("bookmarks", "")) else 0.0
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=4096, compress=False)
        upgrade = socket.can_prepare(request).ok
        try:
            subscription = await self._api.watch(options)
        except Compacted as error:
            return await _expired(request, socket if upgrade else None, error)
        told = Bookmarks(self._api, subscription, period)
        try:
            if upgrade:
                return await _serve_socket(request, socket, subscription, told, self._patience)
            return await _serve_lines(request, subscription, told, self._patience)
        finally:
            self._api.unwatch(subscription)


async def _expired(request: web.Request, socket: web.WebSocketResponse | None, error: Compacted) -> web.StreamResponse:
    if socket is not None:
        await socket.prepare(request)
        await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=expired_text(error).encode())
        return socket
    response = await _begin(request)
    await send(request, response, stream_error(error, expired_text(error)))
    return response


async def _begin(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    if request.version >= HttpVersion11:
        response.enable_chunked_encoding()
    await response.prepare(request)
    return response


async def _serve_lines(
    request: web.Request, subscription: Subscription, told: Bookmarks, patience: float
) -> web.StreamResponse:
    response = await _begin(request)
    subscription.shortcut = _shortcut(request, attrgetter("chunk" if response.chunked else "line"), told)
    try:
        while True:
            batch = await told.next_batch()
            if not await send(request, response, told.line() if batch is None else batch.line, patience):
                break
    except CorvoError as error:
        await send(request, response, stream_error(error), patience)
    return response


async def _serve_socket(
    request: web.Request, socket: web.WebSocketResponse, subscription: Subscription, told: Bookmarks, patience: float
) -> web.WebSocketResponse:
    await socket.prepare(request)
    subscription.shortcut = _shortcut(request, attrgetter("frame"), told)
    reader = asyncio.create_task(_read(socket, subscription), name="corvo-watch-socket")
    try:
        code, reason = await _send(socket, told, patience)
    finally:
        subscription.shortcut = None
        await end_task(reader)
    # A peer that takes nothing takes no goodbye either, and one that does not answer it holds up no end of the gateway.
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(min(patience, _GOODBYE)):
            await socket.close(code=code, message=reason.encode()[:120])
    return socket


async def _read(socket: web.WebSocketResponse, subscription: Subscription) -> None:
    """Reading answers pings and sees the watcher leave; what it says means nothing."""
    async for message in socket:
        if message.type is WSMsgType.ERROR:
            break
    subscription.end(Unavailable("the watcher", "it left"))


async def _send(socket: web.WebSocketResponse, told: Bookmarks, patience: float) -> tuple[WSCloseCode, str]:
    try:
        while True:
            batch = await told.next_batch()
            async with asyncio.timeout(patience):
                await socket.send_frame(told.text() if batch is None else batch.text, WSMsgType.TEXT)
    except Unavailable as error:
        # The end of the stream is no failure of it.
        return WSCloseCode.OK, str(error)
    except CorvoError as error:
        return WSCloseCode.INTERNAL_ERROR, str(error)
    except (TimeoutError, ConnectionError):
        return WSCloseCode.PROTOCOL_ERROR, "what was written was not taken"


def _shortcut(request: web.Request, encoded: Callable[[EventBatch], bytes], told: Bookmarks) -> Shortcut:
    """Writes straight to the connection, in the form that ``encoded`` gives, while little waits there.

    A thousand watchers share the bytes of a batch, and none of them needs a task to be woken or a timer for it.
    """
    transport = request.transport

    def write(batch: EventBatch) -> bool:
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() > _AT_ONCE:
            return False
        transport.write(encoded(batch))
        told.told()
        return True

    return write
