"""A Go process with net/http/pprof and expvar: its own profiles and variables, passed through as they are.

The paths are those of Go's standard library: /debug/pprof/KIND and /debug/vars.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import aiohttp

from ...errors import (
    ConfigError,
    DeadlineExceeded,
    DecodeError,
    InvalidArgument,
    NotFound,
    PermissionRefused,
    RemoteError,
    ResourceExhausted,
    Unavailable,
    Unsupported,
    shorten,
    system_reason,
)
from ...profiles.kind import ProfileKind, ProfileRequest
from .go_access import GoAccess

#: Bytes of one answer.
MAX_ANSWER = 64 << 20
#: Seconds that an answer may take beyond those that are measured.
GRACE = 10.0
KINDS = ("allocs", "block", "cmdline", "goroutine", "heap", "mutex", "profile", "threadcreate", "trace")
_DEFAULT_SECONDS = {"profile": 30.0, "trace": 1.0}
_PARAMETERS = ("seconds", "debug", "gc")
# What the index of net/http/pprof links to; a profile of the service's own may have any name.
_LISTED = re.compile(r"""<a href=['"]?([^?'">\s]+)\?debug=""")
_WHITESPACE = " \t\n\r"


class GoProcess:
    """The HTTP server of a Go process at ``url``, such as ``http://127.0.0.1:6060``.

    ``access`` is what it asks of its callers. Raises ConfigError for what is no http or https URL of a host. One
    connection for each question.
    """

    def __init__(self, url: str, *, access: GoAccess | None = None, grace: float = GRACE) -> None:
        if not _is_base(url):
            raise ConfigError("go-pprof", shown(url), "not the http or https URL of a host")
        # With /debug/pprof/ at its end, as people copy it, it means the same.
        self._base = url.rstrip("/").removesuffix("/debug/pprof").removesuffix("/debug")
        self._access = access or GoAccess()
        self._grace = grace

    def __repr__(self) -> str:
        return f"<GoProcess {shown(self._base)}>"

    def kinds(self) -> tuple[ProfileKind, ...]:
        """Every kind of profile that Go has."""
        return tuple(GoProfileKind(self, name) for name in KINDS)

    def other_kind(self, name: str) -> ProfileKind:
        """A profile of the service's own, or one that only newer versions of Go have, such as ``goroutineleak``."""
        return GoProfileKind(self, name)

    async def listed_kinds(self) -> list[str]:
        """The names of the profiles that the index of the process lists, sorted. Raises as ``get`` does."""
        index = (await self.get("/debug/pprof/")).decode("utf-8", "replace")
        return sorted({*_LISTED.findall(index), *KINDS})

    async def profile(self, kind: str, parameters: dict[str, str], seconds: float = 0.0) -> bytes:
        """The answer of /debug/pprof/KIND, byte for byte. Raises as ``get`` does."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return await self.get(f"/debug/pprof/{kind}{query}", seconds)

    async def variables(self) -> dict[str, str]:
        """Name -> JSON text as it stands in /debug/vars. Raises as ``get`` does, and DecodeError."""
        text = (await self.get("/debug/vars")).decode("utf-8", "replace")
        return dict(split_object(text, f"/debug/vars of {shown(self._base)}"))

    async def clear(self) -> None:
        """Empty its debug stats. Raises Unsupported when it cannot, and as ``get`` does."""
        try:
            await self.get("/debug/vars/clear")
        except NotFound:
            raise Unsupported("clearing", "the process has no /debug/vars/clear") from None

    async def get(self, path: str, seconds: float = 0.0) -> bytes:
        """The body of an answer that is expected after ``seconds``.

        Raises Unavailable, DeadlineExceeded, ResourceExhausted for one that is too long, PermissionRefused for 401 and
        403, NotFound for 404, RemoteError for every other status, and ConfigError for headers that cannot be read.
        """
        # Go answers only after it has measured.
        timeout = aiohttp.ClientTimeout(total=seconds + self._grace)
        peer = shown(self._base)
        headers = {**await asyncio.to_thread(self._access.read_headers), "Accept-Encoding": "identity"}
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session,
                # No proxy is to compress what is compressed already, and no redirect to be followed.
                session.get(
                    self._base + path, headers=headers, ssl=self._access.tls or True, allow_redirects=False
                ) as response,
            ):
                body = await _read(response.content)
        except TimeoutError:
            raise DeadlineExceeded(peer, seconds + self._grace) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(peer, system_reason(error)) from error
        if response.status in (401, 403):
            raise PermissionRefused(f"GET {path.partition('?')[0]} at {peer}", f"HTTP {response.status}")
        if response.status == 404:
            raise NotFound("path", path.partition("?")[0], f"at {peer}")
        if response.status != 200:
            raise RemoteError(peer, f"HTTP {response.status}", shorten(body.decode("utf-8", "replace").strip(), 200))
        return body


class GoProfileKind:
    """One of Go's profiles. What it answers depends on Go's version and settings; nothing is changed.

    Parameters: ``seconds`` (for all but profile and trace: the difference over so long a time), ``debug`` (1 or 2 for
    text) and ``gc`` (1: collect before looking at the heap), as Go takes them.
    """

    parameters = _PARAMETERS

    def __init__(self, process: GoProcess, name: str) -> None:
        self.name = name
        self.default_seconds = _DEFAULT_SECONDS.get(name)
        self._process = process

    async def take(self, request: ProfileRequest) -> bytes:
        """Go's answer.

        Raises InvalidArgument for a parameter out of bounds and for a profile that the process does not have, else as
        ``GoProcess.get`` does.
        """
        parameters: dict[str, str] = {}
        seconds = self.default_seconds if request.seconds is None else request.seconds
        if seconds is not None:
            # Go counts in whole seconds; none at all would be its own default.
            parameters["seconds"] = str(max(1, round(seconds)))
        for name, high in (("debug", 2), ("gc", 1)):
            if request.text(name):
                parameters[name] = f"{request.number(name, 0, 0, high):.0f}"
        try:
            return await self._process.profile(self.name, parameters, seconds or 0.0)
        except NotFound:
            valid = await self._process.listed_kinds()
        raise InvalidArgument("profile", self.name, "the process has no such profile", valid)


async def _read(stream: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in stream.iter_any():
        # Counted while it comes: Content-Length may be missing, or wrong.
        body += chunk
        if len(body) > MAX_ANSWER:
            raise ResourceExhausted("bytes of an answer", MAX_ANSWER)
    return bytes(body)


def _is_base(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and not (parts.query or parts.fragment)
    )


def split_object(text: str, what: str) -> Iterator[tuple[str, str]]:
    """The members of a JSON object as they are written: name, and the text of the value. Raises DecodeError."""
    decoder = json.JSONDecoder()
    try:
        position = _expect(text, 0, "{")
        while text[position] != "}":
            if text[position] != '"':
                raise ValueError(f"a name expected at character {position}")
            name, position = decoder.raw_decode(text, position)
            start = _expect(text, position, ":")
            _, end = decoder.raw_decode(text, start)
            yield name, text[start:end]
            position = _skip(text, end)
            if text[position] != "}":
                position = _expect(text, position, ",")
        if text[position + 1 :].strip(_WHITESPACE):
            raise ValueError(f"more at character {position + 1}")
    except (ValueError, IndexError, RecursionError) as error:
        raise DecodeError(what, f"not a JSON object: {error}") from error


def _expect(text: str, position: int, character: str) -> int:
    position = _skip(text, position)
    if text[position] != character:
        raise ValueError(f"{character} expected at character {position}")
    return _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    while text[position] in _WHITESPACE:
        position += 1
    return position


def shown(url: str) -> str:
    """``url`` without user name, password and query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        # No URL, but it may hold a password all the same.
        return url.rpartition("@")[2].partition("?")[0]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
