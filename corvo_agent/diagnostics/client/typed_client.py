"""What may be asked of an agent, with typed answers, however the question travels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson

from ..query import Payload


class TypedClient(ABC):
    """The queries of one agent; ``timeout`` (seconds) is for calls that bring none.

    What travels, protobuf or JSON, is for the subclass to know: it answers the abstract methods with what the message
    holds. Calls raise Unavailable, DeadlineExceeded, PermissionRefused, RemoteError with what the agent says, and
    DecodeError for a malformed answer. Cancelling a call cancels the query.
    """

    timeout: float
    #: Which process of the Module is asked, as ``workers.choose`` takes it; "" for all, or the only one.
    worker: str = ""

    @abstractmethod
    def follow(
        self, parameters: Mapping[str, str] | None = None, *, name: str = ""
    ) -> AsyncGenerator[list[dict[str, str]], None]:
        """Batches of log lines for as long as there are some; ``name`` is the Module asked for.

        Close it (``contextlib.aclosing``) when leaving early: that ends the query at the agent.
        """

    @abstractmethod
    async def run_action(
        self, action: str, parameters: Mapping[str, str], *, name: str = "", timeout: float | None = None
    ) -> str | Payload:
        """Run ``action`` of the Module ``name``: its text, or the Payload when it answers another message."""

    @abstractmethod
    async def _logs(self, parameters: Mapping[str, str], timeout: float | None) -> list[dict[str, str]]:
        """The records of protos.Logs."""

    @abstractmethod
    async def _stats(self, parameters: Mapping[str, str], timeout: float | None) -> dict[str, str]:
        """Name -> JSON text of protos.Stats."""

    @abstractmethod
    async def _profile(self, parameters: Mapping[str, str], timeout: float | None) -> bytes:
        """The buffer of protos.Profile."""

    def chosen_worker(self) -> dict[str, str]:
        """The parameter that names ``worker``; none without one."""
        return {"worker": self.worker} if self.worker else {}

    async def logs(
        self, parameters: Mapping[str, str] | None = None, *, timeout: float | None = None, **named: object
    ) -> list[dict[str, str]]:
        """Log lines. ``lines=300`` is the parameter "lines", ``max_results=300`` is "max-results" and so on."""
        asked = {**(parameters or {}), **{key.replace("_", "-"): str(value) for key, value in named.items()}}
        return await self._logs(asked, timeout)

    async def stats(
        self, expvar: str | None = None, action: str = "get", *, timeout: float | None = None
    ) -> dict[str, Any]:
        """Name -> value of one published variable or of all; a value that is not JSON is its text."""
        asked = {"action": action} | ({"expvar": expvar} if expvar else {}) | self.chosen_worker()
        stats = await self._stats(asked, timeout)
        return {name: value_of(text) for name, text in stats.items()}

    async def profile(
        self,
        kind: str,
        seconds: float | None = None,
        parameters: Mapping[str, str] | None = None,
        *,
        timeout: float | None = None,
    ) -> bytes:
        """The profile ``kind``, taken for ``seconds`` where time matters: gzipped pprof in most cases.

        ``parameters`` are the others that it takes, such as ``{"mode": "wall"}``. Without ``timeout`` the deadline is
        the client's and ``seconds`` together.
        """
        asked = {**(parameters or {}), "profile": kind} | ({} if seconds is None else {"seconds": f"{seconds:g}"})
        asked |= self.chosen_worker()
        return await self._profile(asked, self.timeout + (seconds or 0.0) if timeout is None else timeout)

    async def action(self, action: str, /, *, timeout: float | None = None, **parameters: str) -> str | Payload:
        """Run ``action``, see ``run_action``, which takes a parameter called ``timeout`` as well."""
        return await self.run_action(action, parameters, timeout=timeout)


def value_of(text: str) -> Any:
    """The value of the JSON that one variable of protos.Stats is; the text itself when it is not JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
