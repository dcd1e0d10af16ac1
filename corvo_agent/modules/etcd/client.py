"""The way to one etcd server: etcd3-py's client for its JSON gateway, and aiohttp below it.

etcd3-py brings the paths and the HTTP session. Its own constructor asks the server for its version with a blocking
call, its TLS arguments check no host name or no certificate, and its typed streams lose messages; so the version is
given, the session replaced by ours, and bytes go in and out raw. Errors of aiohttp end here: they become failures.
"""

from __future__ import annotations

import asyncio
import io
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import semantic_version  # type: ignore[import-untyped]
from etcd3 import AioClient

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import ConfigError, ResourceExhausted, Unavailable, drop_frames
from ...tls_files import FileContext, no_password, unusable
from ..json.stream import parse_object
from .causes import ERRORS, failure_of
from .errors import FailedAttempt, Kind, from_answer, from_stream_error
from .failover import Budget
from .messages import Json
from .options import EtcdOptions
from .pools import Pool, Pools
from .server_clock import ServerClock
from .stream import Stream
from .watch import WatchReader

_READ_BUFFER = 256 * 1024
_LARGE = 256 * 1024
# Bytes that one read of a socket asks for: glibc maps anew what is 128 KiB and more.
_READ_AT_ONCE = 64 * 1024
# After 3 s of silence the other side is asked whether it is there, every 2 s; after 6 s without a sign of it (the
# milliseconds count on Linux, the 3 questions elsewhere) the connection is lost. It costs a server nothing.
_KEEPALIVE = {"TCP_KEEPIDLE": 3, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 6000}


class _AioClient(AioClient):  # type: ignore[misc]  # etcd3-py has no types
    """etcd3-py's client without the blocking look at the server."""

    def _retrieve_version(self) -> None:
        # All that depends on it is the prefix of the paths: /v3 from 3.4 on.
        self.server_version_sem = self.cluster_version_sem = semantic_version.Version("3.4.0")


class EtcdClient:
    """Sends requests to whichever endpoint it is told, one attempt each.

    ``open`` and ``close`` belong to one event loop; everything between may be used by many tasks at once.
    """

    def __init__(self, options: EtcdOptions, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._options = options
        self._clock = clock
        self.server_clock = ServerClock(clock)
        # Host, in brackets when it is an IPv6 address, and port.
        self._places = {url: urlsplit(url).netloc.rsplit(":", 1) for url in options.endpoints}
        self._client: _AioClient | None = None
        self._pools: Pools | None = None
        self._context: FileContext | None = None
        self._streams: set[Stream] = set()
        # The endpoints that have answered with HTTP once.
        self._answered: set[str] = set()

    @property
    def streams(self) -> int:
        """How many watches are on."""
        return len(self._streams)

    def leads_to(self, member: str) -> bool:
        """Whether there are watches, and all of them come from the member of that id."""
        return bool(self._streams) and all(stream.reader.member == member for stream in self._streams)

    def drop_streams(self, reason: str, *, but: str = "") -> None:
        """End the watches, but not those of the endpoint ``but``: they raise Unavailable with ``reason``."""
        for stream in tuple(self._streams):
            if stream.reader.peer != but:
                stream.close(reason)

    async def open(self) -> None:
        """Make ready; nothing is sent. Raises ConfigError when a certificate file cannot be used."""
        self._context = context = await asyncio.to_thread(_ssl_context, self._options) if self._options.tls else None
        client = _AioClient(protocol="https" if self._options.tls else "http")
        await client.session.close()
        # Calls and watches are bounded apart from each other: none can take the connections of the others.
        limit = self._options.max_connections + self._options.max_watches

        def new_session() -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(ssl=context or True, limit=limit, socket_factory=_new_socket)
            return aiohttp.ClientSession(
                connector=connector, read_bufsize=_READ_BUFFER, cookie_jar=aiohttp.DummyCookieJar()
            )

        self._pools = Pools(new_session)
        self._client = client

    async def close(self) -> None:
        """End all watches and calls, which raise Unavailable. Idempotent, takes at most two seconds."""
        self._client, pools, self._pools = None, self._pools, None
        for stream in tuple(self._streams):
            stream.close()
        if pools is not None:
            await pools.close()

    async def reload_credentials(self) -> None:
        """Read the certificates now; later requests go over new connections. Raises ConfigError; all stays then."""
        if self._context is not None:
            await asyncio.to_thread(self._context.reload)
        if self._pools is not None:
            self._pools.retire(self._pools.current)
            await self._pools.sweep()

    async def post(
        self, endpoint: str, path: str, body: bytes, headers: dict[str, str], budget: Budget
    ) -> Json | FailedAttempt:
        """One attempt of one call: the answer, or the failure to go on with. May be cancelled."""
        pools = self._pools
        if pools is None:
            return _closed(endpoint)
        with _used(pools.current) as pool:
            outcome = await self._post(pool, endpoint, path, body, headers, budget)
        await self._leave_if_leaderless(pools, pool, outcome)
        return outcome

    async def _post(
        self, pool: Pool, endpoint: str, path: str, body: bytes, headers: dict[str, str], budget: Budget
    ) -> Json | FailedAttempt:
        sent = self._clock.time_ns()
        try:
            async with self._request(pool, endpoint, path, body, headers, budget, budget.total) as response:
                self._answered.add(endpoint)
                self.server_clock.note(endpoint, response.headers.get("Date", ""), sent)
                answer = await self._read(response)
            if response.status != 200:
                return from_answer(endpoint, response.status, answer, len(body))
            parsed = parse_object(answer)
        except ERRORS as error:
            return self._failure(endpoint, error, budget)
        # The renewal of a lease is a stream of one message, and may end with an error after status 200.
        return from_stream_error(endpoint, parsed["error"]) if "error" in parsed else parsed

    async def watch(
        self, endpoint: str, body: bytes, headers: dict[str, str], start: int, budget: Budget
    ) -> Stream | FailedAttempt:
        """One attempt to open a watch from revision ``start``: the stream, once etcd has confirmed it."""
        pools = self._pools
        if pools is None:
            return _closed(endpoint)
        response: aiohttp.ClientResponse | None = None
        outcome: Stream | FailedAttempt | None = None
        with _used(pools.current) as pool:
            try:
                async with asyncio.timeout(budget.total):
                    response = await self._request(pool, endpoint, "/watch", body, headers, budget, None)
                    outcome = await self._opened(pool, endpoint, response, start)
            except ERRORS as error:
                outcome = self._failure(endpoint, error, budget)
            finally:
                if response is not None and not isinstance(outcome, Stream):
                    response.close()
        await self._leave_if_leaderless(pools, pool, outcome)
        return outcome

    async def _opened(
        self, pool: Pool, endpoint: str, response: aiohttp.ClientResponse, start: int
    ) -> Stream | FailedAttempt:
        self._answered.add(endpoint)
        if response.status != 200:
            return from_answer(endpoint, response.status, await self._read(response))

        def forget(stream: Stream) -> None:
            if stream in self._streams:
                self._streams.discard(stream)
                pool.users -= 1

        limit = self._options.max_message
        stream = Stream(WatchReader(endpoint, start, limit), response, limit, forget)
        failure = await stream.confirmed()
        if failure is None:
            self._streams.add(stream)
            pool.users += 1
        return failure or stream

    async def _leave_if_leaderless(self, pools: Pools, pool: Pool, outcome: object) -> None:
        """Behind a load balancer every connection that was kept would lead to the same member again and again."""
        if isinstance(outcome, FailedAttempt) and outcome.kind is Kind.NOT_NOW and self._pools is pools:
            pools.retire(pool)
        await pools.sweep()

    def _failure(self, endpoint: str, error: Exception, budget: Budget) -> FailedAttempt:
        drop_frames(error)
        known = endpoint in self._answered
        return failure_of(endpoint, error, budget, certificate=bool(self._options.cert_file), answered=known)

    def _request(
        self,
        pool: Pool,
        endpoint: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        budget: Budget,
        total: float | None,
    ) -> Any:
        client = self._client
        assert client is not None
        # The URL is made from them at once, so that requests of other tasks to other endpoints do not matter.
        client.session = pool.session
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


_recv = socket.socket.recv


class _Socket(socket.socket):
    """A socket whose reads need no new memory of the system.

    asyncio asks for 256 KiB each time. For that the C library maps memory and unmaps it again, however little has
    come: with the few hundred bytes of a change, eight times as long as the rest of the read.
    """

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """At most ``_READ_AT_ONCE`` bytes."""
        return _recv(self, bufsize if bufsize < _READ_AT_ONCE else _READ_AT_ONCE, flags)


def _new_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """A socket that notices within seconds that the other machine has gone, also while nothing is said."""
    family, kind, protocol = address[:3]
    made = _Socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        # Not every system has every one of them.
        if hasattr(socket, name):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return made


@contextmanager
def _used(pool: Pool) -> Iterator[Pool]:
    pool.users += 1
    try:
        yield pool
    finally:
        pool.users -= 1


async def _chunk(content: aiohttp.StreamReader) -> bytes:
    """What has arrived, empty at the end."""
    try:
        return await content.readany()
    except RuntimeError as error:
        # What aiohttp raises when we have closed the connection and no task was waiting then.
        raise aiohttp.ClientConnectionError("the connection was closed here") from error


def _ssl_context(options: EtcdOptions) -> FileContext:
    """What TLS needs, read from its files. Raises ConfigError naming the option whose file is of no use."""

    def make() -> ssl.SSLContext:
        name, path = "ca_file", options.ca_file
        try:
            context = ssl.create_default_context(cafile=path or None)
            if options.cert_file:
                name, path = "cert_file", options.cert_file
                context.load_cert_chain(options.cert_file, options.key_file, no_password)
        except (OSError, ValueError) as error:
            raise ConfigError(f"etcd {name}", os.fspath(path or ""), unusable(error)) from error
        return context

    return FileContext(make, (options.ca_file, options.cert_file, options.key_file))


def _closed(endpoint: str) -> FailedAttempt:
    return FailedAttempt(Kind.UNREACHABLE, Unavailable(endpoint, "the store is not open"))
