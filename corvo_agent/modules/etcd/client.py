"""The way to one etcd server: etcd3-py's client for its JSON gateway, and aiohttp below it.

etcd3-py brings the paths and the HTTP session. Its own constructor asks the server for its version with a blocking
call, its TLS arguments check no host name or no certificate, and its typed streams lose messages; so the version is
given, the session replaced by ours, and bytes go in and out raw. Errors of aiohttp end here: they become Failures.
"""

from __future__ import annotations

import asyncio
import io
import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import semantic_version  # type: ignore[import-untyped]
from etcd3 import AioClient

from ...errors import (
    ConfigError,
    CorvoError,
    DeadlineExceeded,
    DecodeError,
    RemoteError,
    ResourceExhausted,
    Unavailable,
)
from ..json.stream import JsonStream, parse_object
from .errors import FailedAttempt, Kind, from_answer, from_stream_error
from .failover import Budget
from .messages import Json
from .options import EtcdOptions
from .watch import WatchReader

_READ_BUFFER = 256 * 1024
_LARGE = 256 * 1024
_CLOSE_TIMEOUT = 2.0
# What an attempt may raise, besides being cancelled.
_ERRORS = (aiohttp.ClientError, OSError, CorvoError)


class _AioClient(AioClient):  # type: ignore[misc]  # etcd3-py has no types
    """etcd3-py's client without the blocking look at the server."""

    def _retrieve_version(self) -> None:
        # All that depends on it is the prefix of the paths: /v3 from 3.4 on.
        self.server_version_sem = self.cluster_version_sem = semantic_version.Version("3.4.0")


class Stream:
    """The messages of one watch. One task receives; any task may close."""

    def __init__(
        self, reader: WatchReader, response: aiohttp.ClientResponse, limit: int, forget: Callable[[Stream], None]
    ) -> None:
        self.reader = reader
        self._response = response
        self._splitter = JsonStream(limit)
        self._forget = forget
        self._ready: list[bytes] = []
        self._closed = False

    async def confirmed(self) -> FailedAttempt | None:
        """Wait for etcd's word that the watch is on: None, or why it is not. Raises as ``receive``, DecodeError."""
        self._ready = await self._next()
        return self.reader.opened(self._ready.pop(0))

    async def receive(self) -> list[bytes]:
        """The next messages, at least one.

        Raises Unavailable when the connection has ended or was closed, ResourceExhausted when a message is too long.
        May be cancelled; nothing is lost and the stream can be used afterwards.
        """
        if self._ready:
            ready, self._ready = self._ready, []
            return ready
        try:
            return await self._next()
        except (aiohttp.ClientError, OSError) as error:
            reason = "the watch was closed" if self._closed else _reason(error)
            raise Unavailable(self.reader.peer, reason) from error

    def close(self) -> None:
        """Drop the connection; a task that waits in ``receive`` gets Unavailable. Idempotent, does not block."""
        self._closed = True
        self._response.close()
        self._forget(self)

    async def _next(self) -> list[bytes]:
        content = self._response.content
        # What the last chunk began may be too long already, and the next one need not come.
        self._splitter.check()
        while True:
            chunk = await _chunk(content)
            messages = self._splitter.feed(chunk) if chunk else self._splitter.finish()
            if messages:
                return messages
            if not chunk:
                raise Unavailable(self.reader.peer, "the server ended the stream")


class EtcdClient:
    """Sends requests to whichever endpoint it is told, one attempt each.

    ``open`` and ``close`` belong to one event loop; everything between may be used by many tasks at once.
    """

    def __init__(self, options: EtcdOptions) -> None:
        self._options = options
        # Host, in brackets when it is an IPv6 address, and port.
        self._places = {url: urlsplit(url).netloc.rsplit(":", 1) for url in options.endpoints}
        self._client: _AioClient | None = None
        self._streams: set[Stream] = set()

    @property
    def streams(self) -> int:
        """How many watches are on."""
        return len(self._streams)

    async def open(self) -> None:
        """Make ready; nothing is sent. Raises ConfigError when a certificate file cannot be used."""
        context = await asyncio.to_thread(_ssl_context, self._options) if self._options.tls else True
        client = _AioClient(protocol="https" if self._options.tls else "http")
        await client.session.close()
        # Calls and watches are bounded apart from each other: none can take the connections of the others.
        limit = self._options.max_connections + self._options.max_watches
        connector = aiohttp.TCPConnector(ssl=context, limit=limit)
        client.session = aiohttp.ClientSession(
            connector=connector, read_bufsize=_READ_BUFFER, cookie_jar=aiohttp.DummyCookieJar()
        )
        self._client = client

    async def close(self) -> None:
        """End all watches and calls, which raise Unavailable. Idempotent, takes at most two seconds."""
        client, self._client = self._client, None
        for stream in tuple(self._streams):
            stream.close()
        if client is not None:
            # The connections are dropped at once; what takes time is to hear of it from each of them.
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_TIMEOUT):
                    await client.close()

    async def post(
        self, endpoint: str, path: str, body: bytes, headers: dict[str, str], budget: Budget
    ) -> Json | FailedAttempt:
        """One attempt of one call: the answer, or the failure to go on with. May be cancelled."""
        if self._client is None:
            return _closed(endpoint)
        try:
            async with self._request(self._client, endpoint, path, body, headers, budget, budget.total) as response:
                answer = await self._read(response)
            if response.status != 200:
                return from_answer(endpoint, response.status, answer, len(body))
            parsed = parse_object(answer)
        except _ERRORS as error:
            return _failure(endpoint, error, budget)
        # The renewal of a lease is a stream of one message, and may end with an error after status 200.
        return from_stream_error(endpoint, parsed["error"]) if "error" in parsed else parsed

    async def watch(
        self, endpoint: str, body: bytes, headers: dict[str, str], start: int, budget: Budget
    ) -> Stream | FailedAttempt:
        """One attempt to open a watch from revision ``start``: the stream, once etcd has confirmed it."""
        if self._client is None:
            return _closed(endpoint)
        response: aiohttp.ClientResponse | None = None
        outcome: Stream | FailedAttempt | None = None
        try:
            async with asyncio.timeout(budget.total):
                response = await self._request(self._client, endpoint, "/watch", body, headers, budget, None)
                outcome = await self._opened(endpoint, response, start)
        except _ERRORS as error:
            outcome = _failure(endpoint, error, budget)
        finally:
            if response is not None and not isinstance(outcome, Stream):
                response.close()
        return outcome

    async def _opened(self, endpoint: str, response: aiohttp.ClientResponse, start: int) -> Stream | FailedAttempt:
        if response.status != 200:
            return from_answer(endpoint, response.status, await self._read(response))
        limit = self._options.max_message
        stream = Stream(WatchReader(endpoint, start, limit), response, limit, self._streams.discard)
        failure = await stream.confirmed()
        if failure is None:
            self._streams.add(stream)
        return failure or stream

    def _request(
        self,
        client: _AioClient,
        endpoint: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        budget: Budget,
        total: float | None,
    ) -> Any:
        # The URL is made from them at once, so that requests of other tasks to other endpoints do not matter.
        client.host, client.port = self._places[endpoint]
        timeout = aiohttp.ClientTimeout(total=total, connect=budget.connect, sock_connect=budget.connect)
        # etcd3-py puts headers of its own into the dict that it is given: a copy.
        return client.call_rpc(
            path,
            # aiohttp writes large bytes in one go, files in pieces.
            data=body if len(body) < _LARGE else io.BytesIO(body),
            encode=False,
            raw=True,
            headers=dict(headers),
            timeout=timeout,
            allow_redirects=False,
            server_hostname=self._options.server_hostname or None,
        )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        parts, size = [], 0
        while part := await _chunk(response.content):
            parts.append(part)
            size += len(part)
            if size > self._options.max_message:
                raise ResourceExhausted("bytes of an answer of etcd", self._options.max_message, size)
        return b"".join(parts)


async def _chunk(content: aiohttp.StreamReader) -> bytes:
    """What has arrived, empty at the end."""
    try:
        return await content.readany()
    except RuntimeError as error:
        # What aiohttp raises when we have closed the connection and no task was waiting then.
        raise aiohttp.ClientConnectionError("the connection was closed here") from error


def _ssl_context(options: EtcdOptions) -> ssl.SSLContext:
    """What TLS needs, read from its files. Raises ConfigError naming the option whose file is of no use."""
    name, path = "ca_file", options.ca_file
    try:
        context = ssl.create_default_context(cafile=path or None)
        if options.cert_file:
            name, path = "cert_file", options.cert_file
            context.load_cert_chain(options.cert_file, options.key_file)
    except (OSError, ValueError) as error:
        raise ConfigError(f"etcd {name}", os.fspath(path or ""), str(error)) from error
    return context


def _closed(endpoint: str) -> FailedAttempt:
    return FailedAttempt(Kind.UNREACHABLE, Unavailable(endpoint, "the store is not open"))


def _failure(endpoint: str, error: Exception, budget: Budget) -> FailedAttempt:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return FailedAttempt(Kind.UNREACHABLE, DeadlineExceeded(endpoint, round(budget.connect, 1)))
        case aiohttp.ClientConnectorError():
            return FailedAttempt(Kind.UNREACHABLE, Unavailable(endpoint, _reason(error)))
        case TimeoutError():
            return FailedAttempt(Kind.UNKNOWN, DeadlineExceeded(endpoint, round(budget.total, 1)))
        case DecodeError():
            return FailedAttempt(Kind.FINAL, RemoteError(endpoint, "DATA_LOSS", str(error)))
        case Unavailable() | DeadlineExceeded():
            return FailedAttempt(Kind.UNKNOWN, error)
        case CorvoError():
            return FailedAttempt(Kind.FINAL, error)
        case _:
            return FailedAttempt(Kind.UNKNOWN, Unavailable(endpoint, _reason(error)))


def _reason(error: Exception) -> str:
    """The cause without aiohttp's words around it."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {cause.verify_message}"
    number = getattr(cause, "errno", None)
    if isinstance(number, int) and number > 0 and not isinstance(cause, ssl.SSLError):
        return os.strerror(number)
    return str(cause) or type(cause).__name__
