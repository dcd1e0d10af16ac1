"""Requests to a gateway over aiohttp, every wait and every answer bounded, every error one of ours."""

from __future__ import annotations

import ssl as _ssl
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import aiohttp
import orjson
from yarl import URL

from ..addresses import is_loopback
from ..errors import DeadlineExceeded, PermissionRefused, ResourceExhausted, Unavailable, system_reason
from ..modules.names import API_PATH
from .events import EventBatches, read_object
from .failures import Refusal, error_of

#: Bytes of one answer: the largest profile, in base64, and some.
ANSWER_BYTES = 128 << 20
#: Seconds within which something has to be heard of a followed log; the gateway speaks every fifteen.
_SILENCE = 45.0
#: Seconds between the signs of life that a watch asks for.
_HEARTBEAT = 15.0
#: Seconds that connecting may take, TLS included.
_CONNECT = 5.0


class NoWebSocket(Exception):
    """The gateway, or something before it, has refused a WebSocket with this HTTP status; aiohttp drops the reason."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        return f"a WebSocket is refused with HTTP {self.status}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the HTTP status, the content, and the header WWW-Authenticate, "" without one."""

    status: int
    content: bytes
    challenge: str

    def refusal(self) -> Refusal | None:
        """What it says of why it is no 200; None where it is not a gateway's error."""
        return Refusal.read(self.status, self.content, self.challenge)


class Transport:
    """The gateway at ``url`` (see ``address.base_url``); an async context manager for many tasks at once.

    ``token`` is sent as a bearer token; ``server_hostname`` is the name that the certificate has to show where it is
    not that of the URL; ``timeout`` (seconds) bounds each call that brings none of its own; ``hint`` is added to what
    is said when it cannot be reached; ``prefix`` is what paths lie below.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        ssl: _ssl.SSLContext | None = None,
        server_hostname: str | None = None,
        timeout: float = 30.0,
        hint: str = "",
        prefix: str = API_PATH,
    ) -> None:
        self.url = url
        self._prefix = prefix
        self._hint = hint
        self.timeout = timeout
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        if is_loopback(urlsplit(url).hostname or ""):
            # Packing and unpacking takes longer than the way between two processes; elsewhere aiohttp asks for it.
            self._headers["Accept-Encoding"] = "identity"
        self._ssl = ssl
        self._server_hostname = server_hostname
        self._session: aiohttp.ClientSession | None = None
        self._answered = False

    async def __aenter__(self) -> Self:
        """Make it ready; connects at the first call."""
        # No limit here: a followed log keeps its connection, and how many are followed is bounded elsewhere.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=self._headers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        name: str = "",
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """The JSON object that answers; ``name`` is the Module that it is about.

        Raises Unavailable when the gateway cannot be reached, DeadlineExceeded, PermissionRefused, DecodeError for
        a malformed answer, ResourceExhausted for one that is too long, and what ``failures.error_of`` makes of a
        refusal.
        """
        answer = await self.exchange(method, path, body=body, query=query, timeout=timeout)
        if answer.status != 200:
            raise error_of(answer.refusal(), self.url, answer.status, name)
        return read_object(answer.content, f"the answer of {self.url}")

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """What answers, whatever it is. Raises as ``call`` does, but nothing for what it says."""
        seconds = self.timeout if timeout is None else timeout
        data = None if body is None else orjson.dumps(body)
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, _CONNECT))
        with self._errors(seconds):
            async with self._request(method, path, query, data=data, timeout=limits) as response:
                self._answered = True
                challenge = response.headers.get("WWW-Authenticate", "")
                return Answer(response.status, await _read(response), challenge)

    async def events(
        self, path: str, query: Mapping[str, str], *, name: str
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Batches of events, each as the gateway wrote it, until it ends the stream. Raises as ``call`` does."""
        limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_SILENCE)
        headers = {"Accept": "text/event-stream"}
        with self._errors(_SILENCE):
            async with self._request("GET", path, query, headers=headers, timeout=limits) as response:
                if response.status != 200:
                    challenge = response.headers.get("WWW-Authenticate", "")
                    answer = Answer(response.status, await _read(response), challenge)
                    raise error_of(answer.refusal(), self.url, answer.status, name)
                batches = EventBatches()
                # Without chunks (an old proxy in between) there is no telling what was written in one go.
                framed = response.headers.get("Transfer-Encoding", "").lower() == "chunked"
                async for chunk, ends in response.content.iter_chunks():
                    if batch := batches.feed(chunk, ends=ends or not framed):
                        yield batch

    @asynccontextmanager
    async def messages(self, path: str, query: Mapping[str, str]) -> AsyncGenerator[AsyncGenerator[dict[str, Any]]]:
        """The messages of a WebSocket, until the gateway ends it, which raises Unavailable with its reason.

        Raises NoWebSocket when the gateway, or a proxy before it, refuses one.
        """
        limits = aiohttp.ClientWSTimeout(ws_close=1.0)
        with self._errors(_CONNECT):
            socket = await self._open().ws_connect(
                self._url(path, query),
                heartbeat=_HEARTBEAT,
                max_msg_size=ANSWER_BYTES,
                timeout=limits,
                **self._security(),
            )
        async with socket:
            yield self._messages(socket)

    async def _messages(self, socket: aiohttp.ClientWebSocketResponse) -> AsyncGenerator[dict[str, Any]]:
        with self._errors(_HEARTBEAT):
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                yield read_object(message.data)
        reason = str(socket.exception() or "") or f"it ended the watch, close code {socket.close_code}"
        raise Unavailable(self.url, reason)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("enter it first")
        return self._session

    def _request(self, method: str, path: str, query: Mapping[str, str] | None, **more: Any) -> Any:
        # A redirect could carry the token to anywhere.
        return self._open().request(method, self._url(path, query), allow_redirects=False, **self._security(), **more)

    def _security(self) -> dict[str, Any]:
        return {"ssl": self._ssl, "server_hostname": self._server_hostname} if self._ssl is not None else {}

    def _url(self, path: str, query: Mapping[str, str] | None) -> URL:
        pairs = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in (query or {}).items())
        return URL(f"{self.url}{self._prefix}{path}" + (f"?{pairs}" if pairs else ""), encoded=True)

    @contextmanager
    def _errors(self, seconds: float) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise DeadlineExceeded(self.url, seconds) from error
        except aiohttp.ClientConnectorCertificateError as error:
            reason = getattr(error.certificate_error, "verify_message", "") or str(error.certificate_error)
            raise PermissionRefused(f"TLS with {self.url}", f"its certificate is refused: {reason}") from error
        except (aiohttp.ClientSSLError, _ssl.SSLError) as error:
            raise PermissionRefused(f"TLS with {self.url}", str(error.__cause__ or error)) from error
        except aiohttp.WSServerHandshakeError as error:
            raise NoWebSocket(error.status) from error
        except aiohttp.ServerDisconnectedError as error:
            reason = system_reason(error)
            if not self._answered and self.url.startswith("http:"):
                reason = "it closed the connection without an answer, as one that expects https does"
            raise Unavailable(self.url, reason + self._hint) from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(self.url, system_reason(error) + self._hint) from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > ANSWER_BYTES:
            raise ResourceExhausted("bytes of an answer of the gateway", ANSWER_BYTES)
    return bytes(content)
