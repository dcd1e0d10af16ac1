"""The agent of one Module as typed questions, which a router brings to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

from ...diagnostics.client.payload_client import PayloadClient
from ...diagnostics.query import DebugQuery, Payload
from ...errors import ResourceExhausted
from .router import Router


class RoutedClient(PayloadClient):
    """Asks the agent of the Module ``name`` through ``router``, for the present caller.

    An answer over ``most`` bytes is not read; ``timeout`` is for questions that bring none.
    """

    def __init__(self, router: Router, name: str, *, most: int, timeout: float) -> None:
        self.timeout = timeout
        self._router = router
        self._name = name
        self._most = most

    async def debug(
        self,
        query: str,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "",
        service_port: str = "",
        timeout: float | None = None,
    ) -> Payload:
        """One query, one answer; raises ResourceExhausted for a long one."""
        wait = self.timeout if timeout is None else timeout
        payload = await self._router.debug(DebugQuery(query, parameters or {}, self._name, service_port, wait))
        if payload.size > self._most:
            raise ResourceExhausted(f"bytes of an answer to {query}", self._most, payload.size)
        return payload

    def stream(
        self,
        query: str,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "",
        service_port: str = "",
        timeout: float | None = None,
    ) -> AsyncGenerator[Payload, None]:
        """Answers for as long as the agent has some."""
        return self._router.stream(DebugQuery(query, parameters or {}, self._name, service_port, timeout))

    async def aclose(self) -> None:
        """Nothing to close: the connections are the router's."""
