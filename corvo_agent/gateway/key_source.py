"""The key set of an issuer of tokens, from a file or by https, within bounds of size and time."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from ..access.json_web_tokens import Fetch
from ..addresses import is_loopback
from ..errors import ConfigError, DecodeError, ResourceExhausted, Unavailable, system_reason

_LARGEST = 256 << 10
_TIMEOUT = 5.0


def key_source(place: str) -> Fetch:
    """What fetches the key set at ``place``, a file or an https URL; raises ConfigError for another URL."""
    if "://" not in place:
        return partial(asyncio.to_thread, _read, place)
    url = urlsplit(place)
    # Keys that came by plain http could be those of whoever is on the way.
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname or "")):
        raise ConfigError("jwt-keys", place, "must be a file or a URL of https")
    return partial(_get, place)


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return _bounded(file.read(_LARGEST + 1))
    except OSError as error:
        raise ConfigError("jwt-keys", path, f"cannot be read: {system_reason(error)}") from error


async def _get(url: str) -> bytes:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT)) as session,
            # A redirection could lead to where the operator has not looked.
            session.get(url, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise DecodeError("key set", f"{url} answered {response.status}")
            found = b""
            async for piece in response.content.iter_chunked(16 << 10):
                found = _bounded(found + piece)
            return found
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(url, system_reason(error)) from error


def _bounded(found: bytes) -> bytes:
    if len(found) > _LARGEST:
        raise ResourceExhausted("bytes of a key set", _LARGEST, len(found))
    return found
