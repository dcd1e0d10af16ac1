"""The agent of a Module as the gateway itself asks it, for whoever looks: not for one caller, and again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ...clock import Clock
from ...diagnostics.client.typed_client import value_of
from ...diagnostics.messages.payloads import LOGS, STATS, check_type, decode_logs, decode_stats
from ...overview.measuring import Measured, measure
from ...overview.recent_errors import RecentErrors
from ..routing.routed_client import RoutedClient
from ..routing.router import Router
from .measurer import Ask

#: Bytes of an answer that is read every few seconds; and those from which on a thread reads it.
MOST, LARGE = 4 << 20, 32 << 10


class MeasuredClient(RoutedClient):
    """Asks the agent of the Module ``name`` through ``router``. An answer over ``MOST`` bytes is not read."""

    def __init__(self, router: Router, name: str) -> None:
        super().__init__(router, name, most=MOST, timeout=5.0)

    async def stats(
        self, expvar: str | None = None, action: str = "get", *, timeout: float | None = None
    ) -> dict[str, Any]:
        """Name -> value of all variables, or of one."""
        asked = {"action": action} | ({"expvar": expvar} if expvar else {})
        value = check_type(await self.debug("Stats", asked, timeout=timeout), STATS)
        return await asyncio.to_thread(_values, value) if len(value) > LARGE else _values(value)

    async def _logs(self, parameters: Mapping[str, str], timeout: float | None) -> list[dict[str, str]]:
        value = check_type(await self.debug("Log", parameters, timeout=timeout), LOGS)
        return await asyncio.to_thread(decode_logs, value) if len(value) > LARGE else decode_logs(value)


def ask_through(router: Router, clock: Clock) -> Ask:
    """Measures one Module through ``router``, by ``clock``."""

    async def ask(name: str, recent: RecentErrors) -> Measured:
        return await measure(MeasuredClient(router, name), recent, clock)

    return ask


def _values(value: bytes) -> dict[str, Any]:
    return {name: value_of(text) for name, text in decode_stats(value).items()}
