"""What every view needs: bodies in, answers and errors out, all within bounds."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from http import HTTPStatus

import orjson
from aiohttp import HttpVersion11, web

from ...errors import Busy, CorvoError, DecodeError, NotAuthorized, ResourceExhausted
from ..objects.errors import Action, Failure, failure
from ..watching.watch_hub import PATIENCE
from .compression import compressed, mark_coding, wanted_coding
from .request_coding import decoded

#: Bytes of a request body: what the store takes as one value; and the seconds in which it has to come.
MAX_BODY = 2 << 20
BODY_SECONDS = 30.0
# Bytes that are given to a connection at a time: what asyncio holds before a writer has to wait.
_PIECE = 64 << 10
# Those that are compressed at a time: a millisecond of a thread.
_PACKED_PIECE = 256 << 10

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def json_response(body: bytes, headers: Mapping[str, str] | None = None, *, status: int = 200) -> web.Response:
    """An answer whose JSON is written already."""
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)


def failure_response(found: Failure) -> web.Response:
    """The answer that tells a failure."""
    return json_response(orjson.dumps(found.body()), status=found.http)


def error_response(error: CorvoError, action: Action, name: str = "") -> web.Response:
    """The answer that tells ``error``, which ended ``action`` on the Module ``name``."""
    response = failure_response(failure(error, action, name))
    if isinstance(error, NotAuthorized):
        # The body is the original's, and says no more; this is how RFC 6750 tells what is missing.
        response.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{error.role}"'
    if isinstance(error, Busy):
        response.headers["Retry-After"] = str(math.ceil(error.retry_after))
    return response


def plain_failure(status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    """What the original answers below its prefix where nothing is routed: a text that holds indented JSON."""
    title = HTTPStatus(status).phrase
    body = {"kind": "", "result": {"Str": title}, "message": [f"request error: {title}"], "code": status}
    text = orjson.dumps(body, option=orjson.OPT_INDENT_2).decode()
    return web.Response(text=text, status=status, content_type="text/plain", headers=headers)


def stream_error(error: CorvoError, message: str = "") -> bytes:
    """The line that ends a stream whose status is sent already."""
    found = failure(error, Action.READ)
    grpc = 2 if message else found.grpc.value
    code = 500 if message else found.http
    body = {
        "grpc_code": grpc,
        "http_code": code,
        "message": message or "; ".join(found.messages),
        "http_status": HTTPStatus(code).phrase,
    }
    return orjson.dumps({"error": body}) + b"\n"


def guarded(handler: Handler, action: Action) -> Handler:
    """``handler`` with its CorvoErrors answered as failures of ``action`` on the Module of the path."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except CorvoError as error:
            return error_response(error, action, request.match_info.get("name", ""))

    return handle


async def read_body(request: web.Request) -> bytes:
    """The whole body; raises ResourceExhausted for one over MAX_BODY bytes, before it is read to its end.

    Raises DecodeError for one that is not in the coding that its header names, or whose chunks are none.
    A client that takes longer than half a minute to send it is answered 408.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            # Bounded by the application (client_max_size), so that a body without a stated length is too.
            body = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise ResourceExhausted("bytes of a request body", MAX_BODY, request.content_length) from error
    except web.RequestPayloadError as error:
        raise DecodeError("request body", "the body does not come as its headers say") from error
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return decoded(body, ",".join(request.headers.getall("Content-Encoding", ())), MAX_BODY)


async def send_whole(
    request: web.Request,
    parts: Sequence[bytes],
    headers: Mapping[str, str] | None = None,
    taken: Callable[[], None] | None = None,
) -> web.StreamResponse:
    """Answer with the JSON that ``parts`` are, one behind the other; ``taken`` is called as its reader takes it.

    A large one is written bit by bit: all of it at once would be copied for the connection, and stay until it is read.
    It is compressed as it is written, where the caller asks for that. A reader that takes nothing is cut off by its
    connection.
    """
    size = sum(map(len, parts))
    if size <= _PIECE:
        return json_response(b"".join(parts), headers)
    response = web.StreamResponse(headers=headers)
    response.content_type = "application/json"
    coding = wanted_coding(request)
    mark_coding(response, coding)
    if not coding:
        response.content_length = size
    elif request.version >= HttpVersion11:
        response.enable_chunked_encoding()
    else:
        # Its end is that of the connection, which aiohttp would keep for the next request.
        response.force_close()
    await response.prepare(request)
    written = compressed(_pieces(parts, _PACKED_PIECE), coding) if coding else _each(_pieces(parts, _PIECE))
    async with aclosing(written):
        async for piece in written:
            if not await send(request, response, piece, None, taken=taken):
                break
    return response


async def _each(pieces: Iterator[bytes | memoryview]) -> AsyncGenerator[bytes | memoryview, None]:
    for piece in pieces:
        yield piece


def _pieces(parts: Sequence[bytes], size: int) -> Iterator[bytes | memoryview]:
    """The bytes of ``parts`` in pieces of about ``size``."""
    small: list[bytes] = []
    held = 0
    for part in parts:
        if len(part) < size:
            small.append(part)
            held += len(part)
        if held >= size or len(part) >= size:
            yield b"".join(small)
            small, held = [], 0
        if len(part) >= size:
            yield from (memoryview(part)[start : start + size] for start in range(0, len(part), size))
    yield b"".join(small)


async def send(
    request: web.Request,
    response: web.StreamResponse,
    data: bytes | memoryview,
    patience: float | None = PATIENCE,
    *,
    taken: Callable[[], None] | None = None,
) -> bool:
    """Write a piece of a stream; False when its reader does not take it in time, or has gone: it is cut off then.

    Without ``patience`` it is waited for as long as its connection lasts. ``taken`` is called as it takes some.
    """
    try:
        for start in range(0, len(data), _PIECE):
            async with asyncio.timeout(patience):
                await response.write(data[start : start + _PIECE])
            if taken is not None:
                taken()
    except (TimeoutError, ConnectionError):
        if request.transport is not None:
            # Not closed: that would keep what waits for the reader until it is taken.
            request.transport.abort()
        return False
    return True
