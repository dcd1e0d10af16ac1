"""Levels over HTTP: for programs with an endpoint that changes them. The recipes are in ``recipes``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import aiohttp

from ...errors import ConfigError, DeadlineExceeded, PermissionRefused, RemoteError, Unavailable, shorten, system_reason
from ...levels.level import Level
from .hidden import Hidden, secrets_of_headers, secrets_of_url, without_secrets
from .protocol import LEVEL_NAMES, LevelChange, placeholders
from .template import HookTemplate

#: Bytes of an answer that are read; what comes after is not waited for.
MAX_ANSWER = 4096
_URL = "URL of the level hook"


def check_url(url: str, *, is_base: bool = False) -> None:
    """Refuse what is no http or https URL of a host, and a placeholder in its host; with ``is_base`` a query as well.

    A fragment is refused, too: no server would hear of it. Raises ConfigError.
    """
    try:
        parts = urlsplit(url)
        # Also whether the port is one: a password with a slash in it ends the host early, and looks like one.
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    # A placeholder in the host would let a logger's name choose whom the request goes to.
    if not valid or "{" in parts.netloc or "#" in url:
        raise ConfigError(_URL, without_secrets(url), "not an http or https URL of a host")
    if is_base and "?" in url:
        raise ConfigError(_URL, without_secrets(url), "the recipe makes the rest of the URL: it goes without a query")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as templates: in the URL values are percent-encoded, in the body they are made fit for a JSON string.

    Raises ConfigError for a URL that ``check_url`` refuses, and for unknown placeholders.
    """

    method: str
    url: str
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_url(self.url)
        HookTemplate(self.url, _URL)
        HookTemplate(self.body, "body of the level hook")

    @property
    def secrets(self) -> list[str]:
        """What it logs in with."""
        return [*secrets_of_url(self.url), *secrets_of_headers(self.headers.items())]

    @property
    def knows_loggers(self) -> bool:
        """Whether the URL or the body has the logger in it."""
        return "{logger}" in self.url + self.body


class HttpHook:
    """Sends ``general`` for the level of all, ``logger`` for that of one (None: it cannot), ``reset`` to undo that.

    ``reset`` is ``logger`` unless given. ``names`` is how the program spells our levels. An answer with a status from
    200 to 299 is success; redirections are not followed. One request takes at most ``timeout`` seconds.
    """

    def __init__(
        self,
        general: HttpRequest,
        *,
        logger: HttpRequest | None = None,
        reset: HttpRequest | None = None,
        names: Mapping[Level, str] = LEVEL_NAMES,
        timeout: float = 5.0,
    ) -> None:
        self._general = general
        self._logger = logger or (general if general.knows_loggers else None)
        self._reset = reset or self._logger
        self._names = names
        self._timeout = timeout
        requests = [request for request in (general, self._logger, self._reset) if request is not None]
        self._hidden = Hidden(secret for request in requests for secret in request.secrets)

    @property
    def name(self) -> str:
        """Method and URL, without user name, password and query."""
        return f"{self._general.method} {without_secrets(self._general.url)}"

    @property
    def knows_loggers(self) -> bool:
        """Whether there is a request for single loggers."""
        return self._logger is not None

    async def set_level(self, change: LevelChange) -> None:
        """Send the request.

        Raises Unavailable, DeadlineExceeded, PermissionRefused (401, 403), or RemoteError with the beginning of the
        answer for any other status.
        """
        request = self._general
        if change.logger:
            request = (self._reset if change.reset else self._logger) or self._general
        values = placeholders(change, self._names)
        # Logger names come from etcd: they may hold /, ? and quotes.
        url = HookTemplate(request.url).fill(values, lambda value: quote(value, safe=""))
        body = HookTemplate(request.body).fill(values, lambda value: json.dumps(value)[1:-1])
        try:
            status, answer = await self._send(request, url, body)
        except TimeoutError:
            raise DeadlineExceeded(without_secrets(url), self._timeout) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(without_secrets(url), self._hidden(system_reason(error))) from error
        # An error of its own: waiting will not help, the token has to be looked at.
        if status in (401, 403):
            raise PermissionRefused(f"{request.method} {without_secrets(url)}", f"HTTP {status}")
        if not 200 <= status < 300:
            raise RemoteError(without_secrets(url), f"HTTP {status}", shorten(self._hidden(answer), 200))

    async def _send(self, request: HttpRequest, url: str, body: str) -> tuple[int, str]:
        headers = {"Content-Type": "application/json", **request.headers} if body else dict(request.headers)
        timeout = aiohttp.ClientTimeout(total=self._timeout)
        # A change of level is rare: a connection of its own costs less than one that is kept for it.
        async with (
            aiohttp.ClientSession(timeout=timeout, skip_auto_headers=("Content-Type",)) as session,
            session.request(
                request.method, url, data=body.encode() or None, headers=headers, allow_redirects=False
            ) as response,
        ):
            return response.status, (await response.content.read(MAX_ANSWER)).decode(errors="replace")
