"""What may be asked of an agent, with typed answers, however the question travels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson

from ..messages.payloads import (
    LOGS,
    PROFILE,
    STATS,
    check_type,
    decode_logs,
    decode_profile,
    decode_stats,
    decode_string,
    is_string,
)
from ..query import Payload


class TypedClient(ABC):
    """The queries of one agent over ``debug`` and ``stream``; ``timeout`` (seconds) is for calls that bring none."""

    timeout: float

    @abstractmethod
    async def debug(
        self,
        query: str,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "",
        service_port: str = "",
        timeout: float | None = None,
    ) -> Payload:
        """One query, one answer. ``name`` is the Module asked for, ``service_port`` which of its services."""

    @abstractmethod
    def stream(
        self,
        query: str,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "",
        service_port: str = "",
        timeout: float | None = None,
    ) -> AsyncGenerator[Payload, None]:
        """Answers for as long as there are some, ``timeout`` seconds at most (None: no bound).

        Close it (``contextlib.aclosing``) when leaving early: that ends the query at the agent.
        """

    async def logs(
        self, parameters: Mapping[str, str] | None = None, *, timeout: float | None = None, **named: object
    ) -> list[dict[str, str]]:
        """Log lines. ``lines=300`` is the parameter "lines", ``max_results=300`` is "max-results" and so on."""
        asked = {**(parameters or {}), **{key.replace("_", "-"): str(value) for key, value in named.items()}}
        return decode_logs(check_type(await self.debug("Log", asked, timeout=timeout), LOGS))

    async def stats(
        self, expvar: str | None = None, action: str = "get", *, timeout: float | None = None
    ) -> dict[str, Any]:
        """Name -> value of one published variable or of all; a value that is not JSON is its text."""
        asked = {"action": action} | ({"expvar": expvar} if expvar else {})
        stats = decode_stats(check_type(await self.debug("Stats", asked, timeout=timeout), STATS))
        return {name: _json(text) for name, text in stats.items()}

    async def profile(self, kind: str, seconds: float | None = None, *, timeout: float | None = None) -> bytes:
        """The profile ``kind``, taken for ``seconds`` where time matters: gzipped pprof in most cases.

        Without ``timeout`` the deadline is the client's and ``seconds`` together.
        """
        asked = {"profile": kind} | ({} if seconds is None else {"seconds": f"{seconds:g}"})
        patience = self.timeout + (seconds or 0.0) if timeout is None else timeout
        return decode_profile(check_type(await self.debug("Profile", asked, timeout=patience), PROFILE))

    async def action(self, name: str, *, timeout: float | None = None, **parameters: str) -> str | Payload:
        """Run the action ``name``: its text, or the Payload when it answers with a message of its own."""
        payload = await self.debug("Action", {**parameters, "action": name}, timeout=timeout)
        return decode_string(payload.value) if is_string(payload) else payload


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
