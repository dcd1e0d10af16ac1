"""REST watch of Modules: chunked lines of JSON, or the text frames of a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import WSCloseCode, WSMsgType, web

from ..errors import Compacted, CorvoError
from .errors import Action
from .http import PREFIX, guarded, stream_error
from .module_api import ModuleApi
from .options import parse_options
from .owned import end_task
from .watch_hub import Subscription, expired_text

#: Seconds without a sign of life after which a WebSocket is pinged, and half of them after which it is given up.
_HEARTBEAT = 30.0
#: Seconds in which a watcher has to take what is written to it.
_WRITE_TIMEOUT = 30.0


class WatchViews:
    """Handlers over ``api``."""

    def __init__(self, api: ModuleApi) -> None:
        self._api = api

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        return [web.get(f"{PREFIX}/watch/modules", guarded(self.watch, Action.READ), allow_head=False)]

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """GET watch/modules."""
        options = parse_options(request.query.items())
        # A number that is none and a bad selector are told before the stream begins.
        options.version()
        options.selection()
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=4096)
        upgrade = socket.can_prepare(request).ok
        try:
            subscription = await self._api.watch(options)
        except Compacted as error:
            return await _expired(request, socket if upgrade else None, error)
        try:
            if upgrade:
                return await _serve_socket(request, socket, subscription)
            return await _serve_lines(request, subscription)
        finally:
            self._api.unwatch(subscription)


async def _expired(request: web.Request, socket: web.WebSocketResponse | None, error: Compacted) -> web.StreamResponse:
    if socket is not None:
        await socket.prepare(request)
        await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=expired_text(error).encode())
        return socket
    response = await _begin(request)
    await response.write(stream_error(error, expired_text(error)))
    return response


async def _begin(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    return response


async def _serve_lines(request: web.Request, subscription: Subscription) -> web.StreamResponse:
    response = await _begin(request)
    try:
        while True:
            await _write(request, response, (await subscription.next_batch()).json_line)
    except CorvoError as error:
        await response.write(stream_error(error))
    except (TimeoutError, ConnectionError):
        # Nobody is there to be told.
        request.protocol.force_close()
    return response


async def _write(request: web.Request, response: web.StreamResponse, line: bytes) -> None:
    transport = request.transport
    if transport is not None and not transport.get_write_buffer_size():
        # Nothing waits, so neither will this: no timer for each of a thousand watchers.
        await response.write(line)
        return
    async with asyncio.timeout(_WRITE_TIMEOUT):
        await response.write(line)


async def _serve_socket(
    request: web.Request, socket: web.WebSocketResponse, subscription: Subscription
) -> web.WebSocketResponse:
    await socket.prepare(request)
    sender = asyncio.create_task(_send(socket, subscription), name="corvo-watch-socket")
    try:
        # Reading answers pings and sees the watcher leave; what it says means nothing.
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                break
    finally:
        await end_task(sender)
    return socket


async def _send(socket: web.WebSocketResponse, subscription: Subscription) -> None:
    code, reason = WSCloseCode.INTERNAL_ERROR, ""
    try:
        while True:
            batch = await subscription.next_batch()
            async with asyncio.timeout(_WRITE_TIMEOUT):
                await socket.send_str(batch.json.decode() + "\n")
    except CorvoError as error:
        reason = str(error)
    except (TimeoutError, ConnectionError):
        code = WSCloseCode.PROTOCOL_ERROR
    with contextlib.suppress(ConnectionError):
        await socket.close(code=code, message=reason.encode()[:120])
