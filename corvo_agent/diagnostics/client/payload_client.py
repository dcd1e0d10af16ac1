"""A typed client of what answers with protobuf messages: what each query's answer has to hold."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Self

from ..messages.payloads import (
    LOGS,
    PROFILE,
    STATS,
    check_type,
    decode_logs,
    decode_profile,
    decode_stats,
    decode_text,
)
from ..query import Payload
from .typed_client import TypedClient


class PayloadClient(TypedClient):
    """The typed queries over ``debug`` and ``stream``, which the subclass sends; an async context manager."""

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
        """Answers for as long as the agent has some, ``timeout`` seconds at most (None: no bound).

        Close it (``contextlib.aclosing``) when leaving early: that ends the query at the agent.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Close the connections; calls under way end with Unavailable. A later call connects again."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def follow(
        self, parameters: Mapping[str, str] | None = None, *, name: str = ""
    ) -> AsyncGenerator[list[dict[str, str]], None]:
        """Batches of log lines for as long as the agent has some, see ``stream``."""
        async with aclosing(self.stream("Log", parameters, name=name)) as answers:
            async for payload in answers:
                yield decode_logs(check_type(payload, LOGS))

    async def run_action(
        self, action: str, parameters: Mapping[str, str], *, name: str = "", timeout: float | None = None
    ) -> str | Payload:
        """Run ``action``: its text, or the Payload when it answers with a message of its own."""
        payload = await self.debug("Action", {**parameters, "action": action}, name=name, timeout=timeout)
        text = decode_text(payload)
        return payload if text is None else text

    async def _logs(self, parameters: Mapping[str, str], timeout: float | None) -> list[dict[str, str]]:
        return decode_logs(check_type(await self.debug("Log", parameters, timeout=timeout), LOGS))

    async def _stats(self, parameters: Mapping[str, str], timeout: float | None) -> dict[str, str]:
        return decode_stats(check_type(await self.debug("Stats", parameters, timeout=timeout), STATS))

    async def _profile(self, parameters: Mapping[str, str], timeout: float | None) -> bytes:
        return decode_profile(check_type(await self.debug("Profile", parameters, timeout=timeout), PROFILE))
